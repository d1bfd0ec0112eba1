import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';

let house: GatewayHouse;
let openai: OpenAI;
let assistantId: string;

const weather = { type: 'function' as const, function: { name: 'weather' } };

beforeAll(async () => {
  house = await startGateway({ env: { MONTHLY_BUDGET_USD: '1000' } });
  // At $60 a million tokens of the answer, 1,660 of them cost ten cents.
  house.provider.setModels(['gpt-4', 'gpt-4o-mini']);
  ({ openai } = await house.key());
  ({ id: assistantId } = await openai.beta.assistants.create({ model: 'gpt-4', tools: [weather] }));
});
afterAll(() => house.close());
beforeEach(() => house.provider.reset());

const poll = { pollIntervalMs: 20 };
const call = { toolCalls: [{ id: 'call_a', name: 'weather', arguments: '{}' }] };
const output = [{ tool_call_id: 'call_a', output: 'sun' }];

/** A run that has called its tool once. */
async function waiting(client: OpenAI, more: object = {}) {
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Weather?' }] });
  const run = { assistant_id: assistantId, max_completion_tokens: 1_660, ...more };
  return client.beta.threads.runs.createAndPoll(thread.id, run, poll);
}

const answered = (client: OpenAI, run: OpenAI.Beta.Threads.Run) =>
  client.beta.threads.runs.submitToolOutputsAndPoll(run.id, { thread_id: run.thread_id, tool_outputs: output }, poll);

/** Money of a budget that is set aside, and that is spent. */
async function counters(scope: string): Promise<{ reserved: number; spent: number }> {
  const counted = house.server.context.database.read.selectFrom('budgets').select(['reserved', 'spent']);
  return counted.where('scope', '=', scope).executeTakeFirstOrThrow();
}

test('over a loop of tools, what is set aside is given back, and exactly what was used is spent', async () => {
  const { id, openai: client } = await house.key({ monthly_budget_usd: 10, tokens_per_minute: 100_000 });
  house.provider.script(
    { ...call, usage: { prompt: 100, completion: 20 } },
    { ...call, usage: { prompt: 200, completion: 30 } },
    { text: 'Sunny.', usage: { prompt: 300, completion: 40 } },
  );
  const first = await waiting(client);
  expect((await counters(`key:${id}`)).reserved).toBe(0);
  const second = await answered(client, first);
  expect(second.status).toBe('requires_action');
  const ended = await answered(client, second);
  expect(ended).toMatchObject({ status: 'completed', usage: { prompt_tokens: 600, completion_tokens: 90 } });
  const rows = (await house.ledger()).filter((row) => row.key_id === id);
  expect(rows.map(({ state, units, prompt_tokens: prompt }) => [state, units, prompt])).toEqual([
    ['settled', 1, 100],
    ['settled', 0, 200],
    ['settled', 0, 300],
  ]);
  // $30 and $60 a million tokens of gpt-4, in nano-dollars.
  const cost = 600 * 30_000 + 90 * 60_000;
  expect(rows.reduce((sum, row) => sum + Number(row.cost), 0)).toBe(cost);
  expect(await counters(`key:${id}`)).toEqual({ reserved: 0, spent: cost });
  expect((await counters('all')).reserved).toBe(0);
  // Of an answer that may have so many tokens in all, each call sets aside what is left.
  expect(house.provider.requests.map(({ body }) => (body as { max_tokens: number }).max_tokens)).toEqual([
    1_660, 1_640, 1_610,
  ]);
});

test('a budget that ends between two calls fails the run as a rate limit, and the next run is refused with 429', async () => {
  const { id, openai: client } = await house.key({ monthly_budget_usd: 0.3 });
  // 4,096 tokens of an answer are set aside, $0.25; what is left after the first call does not cover that.
  house.provider.script({ ...call, usage: { prompt: 100, completion: 3_000 } });
  const run = await waiting(client, { max_completion_tokens: null });
  const failed = await answered(client, run);
  expect(failed).toMatchObject({
    status: 'failed',
    last_error: { code: 'rate_limit_exceeded', message: expect.stringContaining('budget') },
    usage: { prompt_tokens: 100 },
  });
  expect((await house.ledger()).filter((row) => row.key_id === id)).toMatchObject([{ state: 'settled' }]);
  expect((await counters(`key:${id}`)).reserved).toBe(0);
  await expect(waiting(client, { max_completion_tokens: null })).rejects.toMatchObject({
    status: 429,
    code: 'budget_exhausted',
  });
});

test('outputs that are given again under an Idempotency-Key are taken once, others are refused as ever', async () => {
  const { id, openai: client, plain } = await house.key();
  house.provider.script(call, { text: 'Sunny.' });
  const run = await waiting(client);
  const path = `/v1/threads/${run.thread_id}/runs/${run.id}/submit_tool_outputs`;
  const headers = { 'openai-beta': 'assistants=v2', 'idempotency-key': 'outputs-1' };
  const give = (text: string, more = {}) =>
    plain.post(path, { tool_outputs: [{ tool_call_id: 'call_a', output: text }] }, { ...headers, ...more });
  expect((await give('sun')).status).toBe(200);
  const ended = await client.beta.threads.runs.poll(run.id, { thread_id: run.thread_id }, poll);
  const again = await give('sun');
  expect([again.status, again.body.id, again.body.status]).toEqual([200, run.id, ended.status]);
  expect((await give('rain')).status).toBe(400);
  expect((await house.ledger()).filter((row) => row.key_id === id)).toHaveLength(2);
});

test('a run that has used all tokens of its answer asks no more, and is incomplete', async () => {
  house.provider.script({ ...call, usage: { prompt: 100, completion: 1_660 } });
  const ended = await answered(openai, await waiting(openai));
  expect(ended).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_completion_tokens' } });
  expect(house.provider.requests).toHaveLength(1);
});

test('a provider that is busy fails a run as a rate limit', async () => {
  house.provider.setDefault({ status: 429, headers: { 'retry-after': '60' } });
  const run = await waiting(openai);
  house.provider.setDefault({});
  expect(run).toMatchObject({ status: 'failed', last_error: { code: 'rate_limit_exceeded' } });
  expect((await house.ledger()).at(-1)).toMatchObject({ state: 'refunded' });
});
