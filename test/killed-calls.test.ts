import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { countTokens } from '#server/upstream/count-tokens.ts';
import { unitsUsed } from './chat-server.ts';
import { forgetHeartbeats, gatewayProcesses, type GatewayProcesses } from './gateway-processes.ts';
import { readFrom } from './read-from.ts';
import { startScriptedProvider, type Behaviour, type ScriptedProvider } from './scripted-provider.ts';
import type { ServerProcess } from './server-process.ts';

// Every round starts a real process.
vi.setConfig({ testTimeout: 240_000 });

const ROUNDS = 3;
const words = Array.from({ length: 400 }, (_, index) => ` word${index}`);

let house: GatewayProcesses;
let second: ScriptedProvider;
let running: ServerProcess | undefined;

async function start(): ReturnType<GatewayProcesses['start']> {
  const started = await house.start();
  running = started.server;
  return started;
}

beforeAll(async () => {
  second = await startScriptedProvider();
  const folder = mkdtempSync(join(tmpdir(), 'daesa-killed-'));
  const file = join(folder, 'providers.json');
  writeFileSync(file, JSON.stringify([{ name: 'second', base_url: second.url, api_key: 'sk-2', prices: 'free' }]));
  house = await gatewayProcesses({ PROVIDERS_FILE: file });
});
// One that a failed test leaves behind would hold the database.
afterEach(() => running?.stop('SIGKILL'));
afterAll(async () => {
  await house.close();
  await second.close();
});

interface Watched {
  text: string;
  ended: boolean;
}

/** Reads a streamed answer until it is over or the server is gone. */
async function watch(
  url: string,
  key: string,
  content: string,
  stream: boolean,
  watched: Watched = { text: '', ended: false },
): Promise<Watched> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-mini', stream, messages: [{ role: 'user', content }], max_tokens: 2_000 }),
  });
  const decoder = new TextDecoder();
  for await (const chunk of answer.body!) watched.text += decoder.decode(chunk, { stream: true });
  watched.ended = true;
  return watched;
}

interface Sums {
  requests: number;
  failed: number;
  completion_tokens: number;
  estimated: number;
  cost_usd: number | null;
}

test('kill -9 ends every call below /v1 once: what was noted is paid, the rest goes back', async () => {
  house.provider.setDefault(({ question, stream }) => {
    if (question.startsWith('silent')) return { fault: 'silent' };
    if (question.startsWith('short')) return { usage: { prompt: 10, completion: 15 } };
    return stream ? { text: words, paceMs: 10 } : { fault: 'silent' };
  });
  let { server, url, member } = await start();
  const { id, key } = (await member.post('/keys', { name: 'killed', monthly_budget_usd: 1000 })).body;
  let asked = 0;
  let whole = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const ask = (kind: string) =>
      [true, false].map((stream) => watch(url, key, `${kind} ${round}`, stream).catch(() => null));
    const short = ask('short');
    const calls = [...short, ...ask('long'), ...ask('silent')];
    asked += calls.length;
    await Promise.all([...short, house.provider.request(asked - 1)]);
    // A stream is first noted after a second: too early in the first round, often enough in the last.
    await new Promise((resolve) => setTimeout(resolve, 300 + round * 1_000));
    await server.stop('SIGKILL');
    const ended = await Promise.all(calls);
    whole += ended.filter((watched) => watched?.ended).length;
    await forgetHeartbeats(house.place);
    ({ server, url, member } = await start());
  }
  const sums = async (): Promise<Sums> => (await member.get('/usage')).body.total;
  await expect.poll(async () => (await sums()).requests + (await sums()).failed, { timeout: 10_000 }).toBe(asked);
  const total = await sums();
  // The short ones are whole; of the long streams those count that were noted, as an estimate.
  expect(total.requests).toBe(whole + total.estimated);
  expect(total.estimated).toBeGreaterThanOrEqual(1);
  expect(total.estimated).toBeLessThanOrEqual(ROUNDS);
  expect(whole).toBe(2 * ROUNDS);
  expect(await unitsUsed(member)).toBe(total.requests);
  const { spent_usd: spent } = (await member.get(`/keys/${id}`)).body;
  expect(spent).toBeCloseTo(total.cost_usd!, 9);
});

const sentences: Record<string, string> = {
  english: 'The harbour lay quiet; only a few gulls, unimpressed by the weather, walked along the wall. ',
  korean: '오늘은 바람이 많이 불어서 배가 늦게 들어왔어요. 그래도 시장은 사람들로 붐볐습니다. ',
  code: 'export function area(width: number, height: number): number { return width * height; } ',
  fallback: 'Nobody at the first provider answered, so the second one tells the same story again. ',
};

/** The words of an answer's events. */
function wordsIn(text: string): string {
  const events = [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json]) => JSON.parse(json!));
  return events.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

/** PostgreSQL's plain driver gives numbers as text. */
interface Row {
  id: number | string;
  details: string | null;
  state: string;
  price_list: string;
  prompt_tokens: number | string;
  completion_tokens: number | string;
  estimated: number | string;
  cost: number | string;
}

test('what had gone out when a process was killed is counted within 5 %, at the prices of who answered', async () => {
  // Long enough to be counted and not estimated, then silence: what has gone out stands still.
  const behaviour = (question: string): Behaviour => ({
    text: sentences[question.split(' ')[0]!]!.repeat(30),
    usage: null,
    paceMs: 2,
    fault: 'stall',
    afterBytes: 40_000,
  });
  house.provider.setDefault(({ question }) =>
    question.startsWith('fallback') ? { status: 503 } : behaviour(question),
  );
  second.setDefault(({ question }) => behaviour(question));
  let { server, url, member } = await start();
  const { key } = (await member.post('/keys', { name: 'cut', monthly_budget_usd: 1000 })).body;
  const asked = Object.keys(sentences);
  const watched = asked.map((): Watched => ({ text: '', ended: false }));
  const rows = () => readFrom<Row>(house.place, 'select * from ledger order by id desc limit 4');
  const calls: Promise<unknown>[] = [];
  // In turn, so that the rows of the ledger are in their order.
  for (const [index, name] of asked.entries()) {
    calls.push(watch(url, key, `${name} please`, true, watched[index]!).catch(() => null));
    await expect.poll(() => watched[index]!.text.length, { timeout: 30_000 }).toBeGreaterThan(0);
  }
  const exact = async () => Promise.all(watched.map(({ text }) => countTokens(wordsIn(text))));
  const noted = async () => (await rows()).toReversed().map(({ details }) => JSON.parse(details!).completionTokens);
  const shortest = () => Math.min(...watched.map(({ text }) => text.length));
  await expect.poll(shortest, { timeout: 60_000 }).toBeGreaterThan(30_000);
  const within = (counted: number[], counts: number[]) =>
    counted.map((tokens, index) => Math.abs(tokens / counts[index]! - 1)).every((off) => off < 0.05);
  await expect.poll(async () => within(await noted(), await exact()), { timeout: 30_000 }).toBe(true);

  await server.stop('SIGKILL');
  await Promise.all(calls);
  await forgetHeartbeats(house.place);
  ({ server, url, member } = await start());
  await expect
    .poll(async () => (await rows()).map(({ state }) => state), { timeout: 10_000 })
    .not.toContain('reserved');
  const settled = (await rows()).toReversed();
  expect(
    within(
      settled.map((row) => Number(row.completion_tokens)),
      await exact(),
    ),
  ).toBe(true);
  for (const [index, row] of settled.entries()) {
    const isSecond = asked[index] === 'fallback';
    const cost = Number(row.prompt_tokens) * 250 + Number(row.completion_tokens) * 2_000;
    expect(row).toMatchObject({ state: 'settled', price_list: isSecond ? 'free' : 'openai' });
    expect([Number(row.estimated), Number(row.cost)]).toEqual([1, isSecond ? 0 : cost]);
  }
});
