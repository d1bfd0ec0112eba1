/**
 * Many calls at once that end in every way there is, by a fixed seed: whatever becomes of each, the money of the
 * budgets is the money of the ledger, nothing stays reserved, and the units of the day are those of what was settled.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import type { Client } from '#test/client.ts';
import type { Behaviour } from '#test/scripted-provider.ts';

vi.setConfig({ testTimeout: 60_000 });

const CALLS = 90;
const AT_ONCE = 15;
const SEED = 20_261_121;

let house: GatewayHouse;
let plain: Client;

beforeAll(async () => {
  house = await startGateway({
    env: {
      DAILY_REQUEST_LIMIT: '100000',
      MONTHLY_BUDGET_USD: '1000',
      FIRST_BYTE_TIMEOUT_MS: '500',
      IDLE_TIMEOUT_MS: '500',
    },
  });
  ({ plain } = await house.key({ monthly_budget_usd: 1000 }));
});
afterAll(() => house.close());

const words = Array.from({ length: 40 }, (_, index) => ` word${index}`);
const provider: Record<string, Behaviour[]> = {
  answers: [{}],
  'answers slowly': [{ text: words, paceMs: 5 }],
  'answers without usage': [{ usage: null }],
  'refuses (400)': [{ status: 400 }],
  'refuses (401)': [{ status: 401 }],
  'is busy (429)': [{ status: 429, headers: { 'retry-after': '9' } }],
  'fails (500)': [{ status: 500 }, { status: 500 }, { status: 500 }],
  'answers at the second try': [{ status: 503 }, {}],
  'is cut before a word': [{ fault: 'cut', afterBytes: 100 }, {}],
  'is cut after words': [{ text: words, fault: 'cut', afterBytes: 1_500 }],
  'resets after words': [{ text: words, fault: 'reset', afterBytes: 1_500 }],
  'ends too early': [{ text: words, fault: 'end', afterBytes: 1_500 }],
  'never begins': [{ fault: 'silent' }, { fault: 'silent' }, { fault: 'silent' }],
  'stands still': [{ text: words, fault: 'stall', afterBytes: 1_500 }],
  'says an error': [{ text: words, fault: 'error-event' }],
};

interface Play {
  /** What the provider does. */
  fate: string;
  way: '/v1' | '/v1 stream' | '/chat' | '/chat/stream';
  model: string;
  /** Milliseconds until the client leaves, or stops its conversation; null: it reads to the end. */
  leavesAfter: number | null;
}

const plays = fc.sample(
  fc.record<Play>({
    fate: fc.constantFrom(...Object.keys(provider)),
    way: fc.constantFrom('/v1', '/v1 stream', '/v1 stream', '/chat', '/chat/stream'),
    model: fc.constantFrom('gpt-5-mini', 'gpt-5-nano', 'gpt-4o-mini', 'gpt-4.1', 'a-model-of-no-price'),
    leavesAfter: fc.option(fc.integer({ min: 0, max: 150 }), { freq: 2 }),
  }),
  { seed: SEED, numRuns: CALLS },
);

/** Plays the client's side; what it is told does not matter here. */
async function play({ way, model, leavesAfter }: Play, index: number): Promise<void> {
  const content = `call ${index}`;
  if (way === '/chat/stream') {
    const { body } = await house.owner.post('/chat/stream', { content, model });
    if (leavesAfter === null || body.stream_id === undefined) return;
    await sleep(leavesAfter);
    await house.owner.delete(`/chat/stream/${body.stream_id}`);
    return;
  }
  const chat = way === '/chat';
  const body = chat
    ? { content, model }
    : { model, stream: way === '/v1 stream', max_tokens: 100, messages: [{ role: 'user', content }] };
  const answer = await fetch(`${house.server.url}${chat ? way : '/v1/chat/completions'}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${chat ? house.owner.token : plain.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leavesAfter === null ? null : AbortSignal.timeout(leavesAfter),
  });
  await answer.arrayBuffer();
}

test('whatever becomes of each call, budgets and ledger agree, and nothing stays reserved', async () => {
  const tries = new Map<string, number>();
  house.provider.setDefault(({ question }) => {
    const tried = tries.get(question) ?? 0;
    tries.set(question, tried + 1);
    const fate = provider[plays[Number(question.slice('call '.length))]!.fate]!;
    return fate[Math.min(tried, fate.length - 1)]!;
  });
  const coming = plays.entries();
  const client = async () => {
    for (const [index, one] of coming) await play(one, index).catch(() => undefined);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  const open = async () => (await house.ledger()).filter((row) => row.state === 'reserved').length;
  await expect.poll(open, { timeout: 30_000 }).toBe(0);

  const rows = await house.ledger();
  const settled = rows.filter((row) => row.state === 'settled');
  // The mixture has something of everything.
  expect(settled.length).toBeGreaterThan(CALLS / 4);
  expect(rows.filter((row) => row.state === 'refunded').length).toBeGreaterThan(CALLS / 10);
  expect(settled.filter((row) => row.estimated === 1).length).toBeGreaterThan(CALLS / 20);
  expect(settled.some((row) => row.cost === null)).toBe(true);

  const sum = (some: typeof rows) => some.reduce((total, row) => total + Number(row.cost ?? row.reserved_cost), 0);
  const budgets = await house.server.context.database.read.selectFrom('budgets').selectAll().execute();
  const byScope = Object.fromEntries(budgets.map(({ scope, spent, reserved }) => [scope, { spent, reserved }]));
  const keyId = rows.find((row) => row.key_id !== null)!.key_id;
  expect(byScope).toEqual({
    all: { spent: sum(settled), reserved: 0 },
    [`key:${keyId}`]: { spent: sum(settled.filter((row) => row.key_id === keyId)), reserved: 0 },
  });
  expect((await house.owner.get('/accounts/profile')).body.quota.used).toBe(settled.length);
});
