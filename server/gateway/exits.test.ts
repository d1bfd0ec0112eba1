import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import type { Client } from '#test/client.ts';
import { writeTo } from '#test/write-to.ts';
import type { Behaviour } from '#test/scripted-provider.ts';
import { recoverCalls } from './recover-calls.ts';

let house: GatewayHouse;
let plain: Client;

beforeAll(async () => {
  house = await startGateway({
    env: { DAILY_REQUEST_LIMIT: '100000', FIRST_BYTE_TIMEOUT_MS: '800', IDLE_TIMEOUT_MS: '800' },
  });
  ({ plain } = await house.key({ monthly_budget_usd: 1000 }));
});
beforeEach(() => house.provider.reset());
afterAll(() => house.close());

const question = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'How many words?' }], max_tokens: 400 };
/** In turn, so that no model fails five times in a row. */
const models = ['gpt-5-mini', 'gpt-4o-mini', 'gpt-5-nano'];
const words = Array.from({ length: 60 }, (_, index) => `${index === 0 ? '' : ' '}word${index}`);

async function used(): Promise<number> {
  return (await house.owner.get('/accounts/profile')).body.quota.used;
}

/** The last row of the ledger, once nothing is open any more. */
async function settledRow(): Promise<Record<string, unknown>> {
  for (;;) {
    const rows = await house.ledger();
    if (rows.every((row) => row.state !== 'reserved')) return rows.at(-1)!;
    await sleep(5);
  }
}

async function openMoney(): Promise<unknown> {
  const rows = await house.server.context.database.read.selectFrom('budgets').select(['reserved']).execute();
  return rows.map((row) => row.reserved);
}

function tokensOf(row: Record<string, unknown>): number {
  return Number(row.prompt_tokens) + Number(row.completion_tokens);
}

interface Exit {
  name: string;
  behaviour: Behaviour | Behaviour[];
  stream?: boolean;
  /** Reads the answer, or leaves. */
  client?: 'reads' | 'leaves before headers' | 'leaves before the first token' | 'leaves in mid-stream';
  state: 'settled' | 'refunded';
  status: number;
  estimated?: number;
  tokens?: number;
}

const error503: Behaviour = { status: 503 };
const exits: Exit[] = [
  { name: 'success', behaviour: {}, state: 'settled', status: 200, tokens: 25 },
  { name: 'a streamed success', behaviour: {}, stream: true, state: 'settled', status: 200, tokens: 25 },
  { name: 'a success without usage', behaviour: { usage: null }, state: 'settled', status: 200, estimated: 1 },
  { name: 'a provider’s 400', behaviour: { status: 400 }, state: 'refunded', status: 400 },
  { name: 'a provider’s 404', behaviour: { status: 404 }, state: 'refunded', status: 404 },
  { name: 'a provider’s 401', behaviour: { status: 401 }, state: 'refunded', status: 502 },
  {
    name: 'a provider’s 429',
    behaviour: { status: 429, headers: { 'retry-after': '9' } },
    state: 'refunded',
    status: 503,
  },
  {
    name: 'a provider’s 500',
    behaviour: [{ status: 500 }, { status: 500 }, { status: 500 }],
    state: 'refunded',
    status: 502,
  },
  { name: 'a retry that works', behaviour: [error503, {}], state: 'settled', status: 200, tokens: 25 },
  { name: 'no headers', behaviour: { fault: 'silent' }, stream: true, state: 'refunded', status: 504 },
  {
    name: 'a stall after some words',
    behaviour: { fault: 'stall', afterBytes: 1_500, text: words },
    stream: true,
    state: 'settled',
    status: 504,
    estimated: 1,
  },
  {
    name: 'a cut after some words',
    behaviour: { fault: 'cut', afterBytes: 1_500, text: words },
    stream: true,
    state: 'settled',
    status: 502,
    estimated: 1,
  },
  {
    name: 'cuts before the first word',
    behaviour: Array.from({ length: 3 }, () => ({ fault: 'cut' as const, afterBytes: 200, text: words })),
    stream: true,
    state: 'refunded',
    status: 502,
  },
  {
    name: 'an early clean end',
    behaviour: { fault: 'end', afterBytes: 1_500, text: words },
    stream: true,
    state: 'settled',
    status: 502,
    estimated: 1,
  },
  {
    name: 'an error event',
    behaviour: { fault: 'error-event', text: words },
    stream: true,
    state: 'settled',
    status: 502,
    estimated: 1,
  },
  {
    name: 'an event that is no JSON',
    behaviour: { fault: 'malformed', text: words },
    stream: true,
    state: 'settled',
    status: 502,
    estimated: 1,
  },
  { name: 'a web page', behaviour: { fault: 'html' }, state: 'refunded', status: 502 },
  { name: 'an answer without a word', behaviour: { fault: 'empty' }, state: 'settled', status: 200, tokens: 25 },
  {
    name: 'a client that leaves before the headers',
    behaviour: { delayMs: 60_000 },
    stream: true,
    client: 'leaves before headers',
    state: 'refunded',
    status: 499,
  },
  {
    name: 'a client that leaves before the first token',
    behaviour: { hold: true },
    stream: true,
    client: 'leaves before the first token',
    state: 'settled',
    status: 499,
    estimated: 1,
  },
  {
    name: 'a client that leaves in mid-stream',
    behaviour: { text: words, paceMs: 10 },
    stream: true,
    client: 'leaves in mid-stream',
    state: 'settled',
    status: 499,
    estimated: 1,
  },
  {
    name: 'a client that leaves a plain call',
    behaviour: { delayMs: 60_000 },
    client: 'leaves before headers',
    state: 'settled',
    status: 499,
    estimated: 1,
  },
];

/** Plays the client's side; gives what came, where it has read to the end. */
async function play(exit: Exit, model = question.model): Promise<string> {
  const leaving = new AbortController();
  const asked = fetch(`${house.server.url}/v1/chat/completions`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: `Bearer ${plain.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, model, stream: exit.stream ?? false }),
  });
  if (exit.client === undefined || exit.client === 'reads') return (await asked).text();
  const before = house.provider.requests.filter((request) => request.method === 'POST').length;
  const gone = asked.then(
    async (response) => {
      const reader = response.body!.getReader();
      for (let chunks = 0; chunks < 5; chunks += 1) await reader.read();
      leaving.abort();
    },
    () => undefined,
  );
  if (exit.client === 'leaves in mid-stream') {
    await gone.catch(() => undefined);
    return '';
  }
  await house.provider.request(Math.max(0, before));
  if (exit.client === 'leaves before the first token') await sleep(30);
  leaving.abort();
  await gone.catch(() => undefined);
  return '';
}

describe('a call settles exactly once at', () => {
  test.for(exits)('$name', async (exit) => {
    const [unitsBefore, rowsBefore] = [await used(), (await house.ledger()).length];
    house.provider.script(...[exit.behaviour].flat());
    const text = await play(exit, models[exits.indexOf(exit) % models.length]!);
    const row = await settledRow();
    expect(await house.ledger()).toHaveLength(rowsBefore + 1);
    expect(row).toMatchObject({ state: exit.state, status: exit.status });
    expect(row.estimated).toBe(exit.estimated ?? 0);
    expect(exit.tokens ?? tokensOf(row)).toBe(tokensOf(row));
    // An empty answer is paid for, and its unit comes back.
    const spent = exit.state === 'settled' && exit.name !== 'an answer without a word' ? 1 : 0;
    expect((await used()) - unitsBefore).toBe(spent);
    expect(await openMoney()).toEqual([0]);
    const streamed = exit.stream && exit.client === undefined;
    const clean = streamed ? text.endsWith('data: [DONE]\n\n') : exit.status === 200;
    const broken = streamed ? /"error":\{"message"/.test(text) : exit.status !== 200;
    expect([clean, broken]).toEqual([exit.status === 200, exit.status !== 200]);
  });
});

test('the budget’s spending is the sum of the ledger', async () => {
  const rows = await house.ledger();
  const [budget] = await house.server.context.database.read.selectFrom('budgets').selectAll().execute();
  const settled = rows.filter((row) => row.state === 'settled' && row.key_id !== null);
  expect(budget?.spent).toBe(settled.reduce((sum, row) => sum + Number(row.cost), 0));
});

test('calls of a killed process are closed by the next one: noted streams count, others go back', async () => {
  const { database, instanceId, clock, logger } = house.server.context;
  const before = await used();
  const row = await settledRow();
  const [user, key, day] = [row.user_id, row.key_id, row.day];
  // What a killed process leaves behind: open entries under an instance that does not live. Their units come
  // first, for the server's own sweep may close an entry as soon as it is there.
  await writeTo(house.server, `update daily_usage set used = used + 2 where user_id = ${user}`);
  const note = { model: 'gpt-5-mini', promptTokens: 10, cachedTokens: 0, completionTokens: 5, estimated: true };
  for (const notes of [`1, '${JSON.stringify(note)}'`, 'null, null']) {
    await writeTo(
      house.server,
      `insert into ledger (user_id, key_id, purpose, model, day, units, state, instance_id, estimated, created_at,
        price_list, endpoint, begun_at, details)
      values (${user}, ${key}, 'gateway', 'gpt-5-mini', '${day}', 1, 'reserved', 'killed', 0, ${Date.now()},
        'openai', 'chat/completions', ${notes})`,
    );
  }
  await recoverCalls({ database, instanceId, clock, logger });
  await recoverCalls({ database, instanceId, clock, logger });
  const [noted, unknown] = (await house.ledger()).slice(-2);
  expect(noted).toMatchObject({ state: 'settled', estimated: 1, prompt_tokens: 10, cost: 10 * 250 + 5 * 2_000 });
  expect(unknown).toMatchObject({ state: 'refunded' });
  expect((await used()) - before).toBe(1);
});
