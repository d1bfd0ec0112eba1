/** What OpenAI's clients rely on besides the answers themselves: headers, numbers, and who hears what. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEndpointProvider, type EndpointProvider } from '#test/endpoint-provider.ts';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { shortTime } from './answer-headers.ts';

const CHAT = 'POST /v1/chat/completions';
const chatBody = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Hi' }] };
const chatAnswer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
};

let provider: EndpointProvider;
let server: TestServer;
let administrator: Client;
let member: Client;

beforeAll(async () => {
  provider = await startEndpointProvider(['gpt-5-mini', 'gpt-4o-mini', 'ft:gpt-5-mini:own', 'ft:gpt-5-mini:other']);
  provider.answer(CHAT, chatAnswer);
  server = await startServer({
    env: {
      OPENAI_BASE_URL: provider.url,
      OPENAI_API_KEY: 'sk-canary',
      DEFAULT_MODEL: 'gpt-4o-mini',
      DAILY_REQUEST_LIMIT: '2',
    },
  });
  administrator = await keyOf(await joinAs(server.url, 'administrator'));
  member = await keyOf(await joinAs(server.url, 'member'));
});
afterAll(async () => {
  await server.close();
  await provider.close();
});

async function keyOf(user: Client, limits: object = {}): Promise<Client> {
  return clientOf(server.url, (await user.post('/keys', { name: 'test', ...limits })).body.key);
}
const openaiOf = ({ token }: Client) => new OpenAI({ apiKey: token, baseURL: `${server.url}/v1`, maxRetries: 0 });

interface StreamEvent {
  id?: string;
  model?: string;
  choices: { index: number; text: string }[];
}

async function streamed(path: string, body: object): Promise<StreamEvent[]> {
  const answer = await fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${administrator.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  });
  const events = [...(await answer.text()).matchAll(/^data: (\{.*\})$/gm)];
  return events.map(([, json]) => JSON.parse(json!));
}

test('times are written as clients read them, with no sixtieth second', () => {
  const times = [12, 8_500, 59_999, 60_000, 119_500, 3_600_000, 62_999_500];
  expect(times.map(shortTime)).toEqual(['12ms', '8.5s', '59.999s', '1m0s', '2m0s', '1h0m0s', '17h30m0s']);
});

test('every answer below /v1 says how long it took, refusals included', async () => {
  for (const ask of [
    () => administrator.get('/v1/models'),
    () => administrator.get('/v1/files/none'),
    () => administrator.get('/v1/batches'),
    () => administrator.post('/v1/chat/completions', chatBody),
    () => clientOf(server.url, 'sk-daesa-wrong').get('/v1/models'),
  ]) {
    const { headers } = await ask();
    expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/);
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{16,}$/);
  }
});

test('a request without a body is the client’s mistake', async () => {
  for (const path of ['chat/completions', 'responses', 'embeddings', 'files', 'audio/transcriptions']) {
    const { status } = await administrator.post(`/v1/${path}`);
    expect([path, [400, 415].includes(status)]).toEqual([path, true]);
  }
  expect((await administrator.post('/v1/fine_tuning/jobs')).status).toBe(400);
});

test('past the quota the answer says how much there is, when there is more, and not to try again', async () => {
  const asked = [1, 2, 3].map(() => member.post('/v1/chat/completions', chatBody));
  const answers = await Promise.all(asked);
  const { headers, body } = answers.find(({ status }) => status === 429)!;
  expect(body.error).toMatchObject({ type: 'insufficient_quota', code: 'quota_exhausted', param: null });
  const shown = ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}-requests`));
  expect([...shown, headers.get('x-should-retry')]).toEqual([
    '2',
    '0',
    expect.stringMatching(/^\d+h\d+m\d+s$/),
    'false',
  ]);
});

test('the default model says that its end is near, as any other does', async () => {
  const { model: _none, ...unnamed } = chatBody;
  for (const body of [unnamed, { ...unnamed, model: 'gpt-4o-mini' }]) {
    const { headers } = await administrator.post('/v1/chat/completions', body);
    expect(headers.get('sunset')).toBe('Thu, 14 Jan 2027 00:00:00 GMT');
    expect(headers.get('deprecation')).toMatch(/^@\d+$/);
  }
  expect((await administrator.post('/v1/chat/completions', chatBody)).headers.get('sunset')).toBeNull();
});

test('an answer that is given again under its Idempotency-Key still says whose it is', async () => {
  const ask = () =>
    administrator.post('/v1/chat/completions', { ...chatBody, model: 'gpt-4' }, { 'idempotency-key': 'one' });
  const [first, again] = [await ask(), await ask()];
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.headers.get('x-daesa-model-alias')).toBe(first.headers.get('x-daesa-model-alias'));
  expect(again.headers.get('x-daesa-model-alias')).toContain('gpt-4');
});

test('a streamed legacy completion echoes its prompt in front of each of its n answers', async () => {
  const chunk = (index: number, delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ ...chatAnswer, object: 'chat.completion.chunk', usage: null, choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
  const events = [chunk(0, { content: ' world' }), chunk(1, { content: ' there' }), chunk(0, {}, 'stop')];
  provider.answer(CHAT, [...events, 'data: [DONE]\n\n'].join(''), { type: 'text/event-stream' });
  const said = await streamed('completions', { model: 'gpt-5-mini', prompt: 'Hello', echo: true, n: 2 });
  provider.answer(CHAT, chatAnswer);
  const texts = [0, 1].map((index) => {
    const choices = said.flatMap(({ choices: some }) => some.filter((one) => one.index === index));
    return choices.map(({ text }) => text).join('');
  });
  expect(texts).toEqual(['Hello world', 'Hello there']);
  expect(said.every(({ id, model }) => id === 'cmpl-1' && model === 'gpt-5-mini')).toBe(true);
});

test('the error event that ends a broken stream of responses has the next number', async () => {
  const event = (number: number) =>
    `event: response.output_text.delta\ndata: ${JSON.stringify({ type: 'response.output_text.delta', delta: 'Hi', sequence_number: number })}\n\n`;
  provider.answer('POST /v1/responses', event(4) + event(5), { type: 'text/event-stream' });
  const last = (await streamed('responses', { model: 'gpt-5-mini', input: 'Hi' })).at(-1);
  expect(last).toMatchObject({ type: 'error', sequence_number: 6, code: expect.any(String), param: null });
});

test('the fee of web searches is set aside with the tokens, as many as the request allows', async () => {
  const response = { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5-mini', output: [] };
  provider.answer('POST /v1/responses', { ...response, usage: { input_tokens: 1, output_tokens: 1 } });
  const limited = await keyOf(await joinAs(server.url, 'searcher'), { monthly_budget_usd: 1 });
  const ask = async (more: object) => {
    const body = { model: 'gpt-5-mini', input: 'Hi', max_output_tokens: 16, tools: [{ type: 'web_search' }], ...more };
    expect((await limited.post('/v1/responses', body)).status).toBe(200);
    const rows = server.context.database.read.selectFrom('ledger').select('reserved_cost').orderBy('id', 'desc');
    return Number((await rows.executeTakeFirstOrThrow()).reserved_cost);
  };
  const searching = await ask({ max_tool_calls: 3 });
  const plain = await ask({ max_tool_calls: 3, tools: [{ type: 'web_nothing' }] });
  // Ten dollars a thousand.
  expect((searching - plain) / 1e9).toBeCloseTo(0.03, 4);
});

test('shortening a conversation sets the usual maximum aside, since no member bounds what it writes', async () => {
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  provider.answer('POST /v1/responses/compact', { id: 'resp_2', object: 'response.compaction', output: [], usage });
  const limited = await keyOf(await joinAs(server.url, 'shortener'), { monthly_budget_usd: 1 });
  expect((await limited.post('/v1/responses/compact', { model: 'gpt-5-mini', input: 'Hi' })).status).toBe(200);
  const rows = server.context.database.read.selectFrom('ledger').select('reserved_cost').orderBy('id', 'desc');
  // Two dollars a million.
  const written = server.context.config.GATEWAY_MAX_TOKENS * 2_000;
  expect(Number((await rows.executeTakeFirstOrThrow()).reserved_cost)).toBeGreaterThan(written);
});

describe('fine-tuning', () => {
  const JOBS = 'POST /v1/fine_tuning/jobs';
  const make = () => administrator.post('/v1/fine_tuning/jobs', { model: 'gpt-5-mini' });

  test('that the provider has closed is refused in its own words', async () => {
    const closed = { error: { message: 'Closed.', type: 'invalid_request_error', param: null, code: 'closed' } };
    provider.answer(JOBS, closed, { status: 403 });
    expect(await make()).toMatchObject({ status: 403, body: closed });
  });

  test('lists one’s own models and jobs, and nobody else’s', async () => {
    const id = 'ftjob-1';
    provider.answer(JOBS, { id, object: 'fine_tuning.job', fine_tuned_model: 'ft:gpt-5-mini:own' });
    expect((await make()).status).toBe(200);
    const listed = async (client: Client) => {
      const ids: string[] = [];
      for await (const model of openaiOf(client).models.list()) ids.push(model.id);
      return ids.filter((model) => model.startsWith('ft:'));
    };
    expect([await listed(administrator), await listed(member)]).toEqual([['ft:gpt-5-mini:own'], []]);
    expect((await administrator.get('/v1/models/ft:gpt-5-mini:own')).status).toBe(200);
    expect((await member.get('/v1/models/ft:gpt-5-mini:own')).status).toBe(404);
    expect((await member.get('/v1/fine_tuning/jobs')).body.data).toEqual([]);
    for (const path of [id, `${id}/events`, `${id}/checkpoints`]) {
      expect((await member.get(`/v1/fine_tuning/jobs/${path}`)).status).toBe(404);
    }
    expect((await member.post(`/v1/fine_tuning/jobs/${id}/cancel`)).status).toBe(404);
    expect((await member.post('/v1/fine_tuning/jobs', { model: 'gpt-5-mini' })).status).toBe(403);
  });
});
