import { setTimeout as sleep } from 'node:timers/promises';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import type { Client } from '#test/client.ts';
import type { Behaviour } from '#test/scripted-provider.ts';
import { shortestLag } from '#test/shortest-lag.ts';

let house: GatewayHouse;
let plain: Client;

beforeAll(async () => {
  house = await startGateway();
  ({ plain } = await house.key({ monthly_budget_usd: 1000 }));
});
beforeEach(() => house.provider.reset());
afterAll(() => house.close());

const question = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'How many words?' }], max_tokens: 400 };
const words = Array.from({ length: 60 }, (_, index) => `${index === 0 ? '' : ' '}word${index}`);

/** The last row of the ledger, once nothing is open any more. */
async function settledRow(): Promise<Record<string, unknown>> {
  for (;;) {
    const rows = await house.ledger();
    if (rows.every((row) => row.state !== 'reserved')) return rows.at(-1)!;
    await sleep(5);
  }
}

/** Milliseconds from the client's leaving to the close that the provider sees. */
async function lagOfLeaving(behaviour: Behaviour, body: object, chunks: number): Promise<number> {
  house.provider.reset();
  house.provider.script(behaviour);
  const leaving = new AbortController();
  const asked = fetch(`${house.server.url}/v1/chat/completions`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: `Bearer ${plain.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, ...body }),
  });
  asked.catch(() => undefined);
  await house.provider.request(0);
  if (chunks > 0) {
    const reader = (await asked).body!.getReader();
    for (let read = 0; read < chunks; read += 1) await reader.read();
  }
  const leftAt = performance.now();
  leaving.abort();
  const request = await house.provider.closed(0);
  expect(request.finished).toBe(false);
  return request.closedAt! - leftAt;
}

const never: Behaviour = { delayMs: 60_000 };
const paced: Behaviour = { text: words, paceMs: 40 };
test.for<[string, Behaviour, object, number]>([
  ['before the headers of a stream', never, { stream: true }, 0],
  ['before the first token', { hold: true }, { stream: true }, 0],
  ['after a token', paced, { stream: true }, 1],
  ['in mid-stream', paced, { stream: true }, 6],
  ['a plain call', never, {}, 0],
])('a client that leaves %s closes the provider’s connection within 100 ms', async ([, behaviour, body, chunks]) => {
  expect(await shortestLag(() => lagOfLeaving(behaviour, body, chunks), 100)).toBeLessThanOrEqual(100);
});

const kinds: Record<string, string> = {
  English: 'The quick brown fox jumps over the lazy dog, and nobody knows why it does so every morning. ',
  Korean: '다람쥐 헌 쳇바퀴에 타고파, 그래도 오늘은 천천히 걸어서 집에 가기로 했어요. ',
  code: 'const sum = rows.reduce((total, { cost }) => total + cost, 0);\n  if (sum > limit) throw new Error(`${sum}`);\n',
  emoji: '👩‍👩‍👧‍👦 🎉🎉 정말? 🙈 ok 🚀 ❤️ ',
};
test.for(
  Object.entries(kinds).flatMap(([kind, text]) => ['provider', 'client'].map((by) => [kind, by, text] as const)),
)('a stream of %s cut by the %s is counted within five percent and marked', async ([, by, sentence]) => {
  const text = sentence.repeat(20).match(/\S+\s*/g)!;
  const leaves = by === 'client';
  house.provider.script({ text, fault: leaves ? 'stall' : 'cut', afterBytes: 25_000 });
  const response = await fetch(`${house.server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${plain.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, stream: true }),
  });
  let answer = '';
  let bytes = 0;
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    answer += decoder.decode(value, { stream: true });
    if (!leaves || bytes < 24_500) continue;
    await reader.cancel();
    break;
  }
  const streamed = [...answer.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)]
    .map((match) => JSON.parse(`"${match[1]}"`))
    .join('');
  const row = await settledRow();
  expect(row.estimated).toBe(1);
  const counted = countTokens(streamed);
  expect(counted).toBeGreaterThan(100);
  expect(Number(row.completion_tokens) / counted).toBeGreaterThan(0.95);
  // Who leaves may not have read the last few words that had come.
  expect(Number(row.completion_tokens)).toBeLessThanOrEqual(counted * 1.05 + (leaves ? 40 : 0));
  const asked = countTokens('How many words?') + 7;
  expect(Math.abs(Number(row.prompt_tokens) - asked)).toBeLessThanOrEqual(1);
});

async function stopOnceReadable(path: string): Promise<void> {
  const enough = async () => ((await readTurn()).chat_reply?.content.length ?? 0) > 200;
  await expect.poll(enough, { timeout: 15_000 }).toBe(true);
  expect((await house.owner.delete(path)).status).toBe(204);
}

test.for(Object.entries(kinds).flatMap(([kind, text]) => ['stopped', 'cut'].map((how) => [kind, how, text] as const)))(
  'a conversation in %s that is %s is counted within five percent and marked',
  async ([, how, sentence]) => {
    const text = sentence.repeat(20).match(/\S+\s*/g)!;
    house.provider.script({ text, fault: how === 'cut' ? 'cut' : 'stall', afterBytes: 25_000 });
    const { body } = await house.owner.post('/chat/stream', { content: 'How many words?', model: 'gpt-5-mini' });
    const path = `/chat/stream/${body.stream_id}`;
    if (how === 'stopped') await stopOnceReadable(path);
    const row = await settledRow();
    const { chat_reply: reply } = await readTurn();
    expect(row).toMatchObject({ purpose: 'chat', state: 'settled', estimated: 1 });
    const counted = countTokens(reply!.content);
    expect(counted).toBeGreaterThan(100);
    expect(Math.abs(Number(row.completion_tokens) / counted - 1)).toBeLessThanOrEqual(0.05);
  },
);

/** The newest turn of the owner. */
async function readTurn(): Promise<{ chat_reply: { content: string } | null }> {
  return (await house.owner.get('/chat?per_page=5')).body.results[0];
}
