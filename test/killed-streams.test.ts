import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countTokens, stopCounting } from '#server/upstream/count-tokens.ts';
import { forgetHeartbeats, gatewayProcesses, type GatewayProcesses } from './gateway-processes.ts';
import { readFrom } from './read-from.ts';

let house: GatewayProcesses;

beforeAll(async () => {
  house = await gatewayProcesses();
});
afterAll(async () => {
  await house.close();
  await stopCounting();
});

const sentences = [
  'The harbour lay quiet; only a few gulls, unimpressed by the weather, walked along the wall. ',
  '오늘은 바람이 많이 불어서 배가 늦게 들어왔어요. 그래도 시장은 사람들로 붐볐습니다. ',
  'export function area(width: number, height: number): number { return width * height; } ',
];
/** About 50 to 250 tokens a second, far longer than anybody waits here. */
const streams = [10, 25].flatMap((paceMs) =>
  sentences.map((sentence) => ({ paceMs, text: sentence.repeat(300).match(/\S+\s*/g)! })),
);
/** The first of those that are runs. */
const RUNS_FROM = 4;

const model = 'gpt-5-mini';

/** Asks for a stream, the last ones as runs of an assistant; `onData` hears of each piece of it. */
async function follow(post: Post, assistant: string, content: string, onData: () => void): Promise<void> {
  const messages = [{ role: 'user', content }];
  const answer =
    Number(content) >= RUNS_FROM
      ? await post('threads/runs', { assistant_id: assistant, thread: { messages }, stream: true })
      : await post('chat/completions', { model, messages, stream: true });
  for await (const _piece of answer.body!) onData();
}

type Post = (path: string, body: object) => Promise<Response>;
function poster(url: string, key: string): Post {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'openai-beta': 'assistants=v2',
  };
  return (path, body) => fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** How many words of each stream the provider has sent; one packet, the first, names the role. */
function wordsSent(): number[] {
  const asked = house.provider.requests.map(({ body, packets }) => {
    const { messages } = body as { messages: { content: string }[] };
    return { packets, question: messages.at(-1)!.content };
  });
  return [...streams.keys()].map((index) => asked.find(({ question }) => question === String(index))!.packets - 1);
}

/** The first moment in which nothing here comes late: a machine that stands still tells nothing of notes. */
async function untilPunctual(): Promise<void> {
  for (let punctual = 0; punctual < 10;) {
    const before = performance.now();
    await sleep(10);
    punctual = performance.now() - before < 20 ? punctual + 1 : 0;
  }
}

/** PostgreSQL's plain driver gives numbers as text. */
interface Row {
  state: string;
  completion_tokens: number | string;
  estimated: number | string;
}

test('streams that move when their process is killed are settled within 5 %, from two seconds on', async () => {
  house.provider.setDefault(({ question }) => ({ ...(streams[Number(question)] ?? { text: 'Hi.' }), usage: null }));
  const { server, url, member } = await house.start();
  const { key } = (await member.post('/keys', { name: 'cut' })).body;
  const post = poster(url, key);
  const { id: assistant } = (await (await post('assistants', { model })).json()) as { id: string };
  // A whole answer without usage: its server has counted once, and its tokenizer is loaded.
  await follow(post, assistant, 'short', () => undefined);
  const followed: Promise<unknown>[] = [];
  // In turn, so that the rows of the ledger are in their order.
  for (const index of streams.keys()) {
    await new Promise<void>((begun) => {
      followed.push(follow(post, assistant, String(index), begun).catch(() => undefined));
    });
  }
  await sleep(2_000);
  await untilPunctual();
  const sent = wordsSent();
  await server.stop('SIGKILL');
  await Promise.all(followed);
  await forgetHeartbeats(house.place);
  await house.start();
  const read = () => readFrom<Row>(house.place, `select * from ledger order by id desc limit ${streams.length}`);
  await expect
    .poll(async () => (await read()).every(({ state }) => state === 'settled'), { timeout: 20_000 })
    .toBe(true);
  const rows = (await read()).toReversed();
  const exact = await Promise.all(streams.map(({ text }, index) => countTokens(text.slice(0, sent[index]).join(''))));
  // What is on its way when the signal goes out, a word or two of each, counts for nobody.
  const off = rows.map((row, index) => Number(row.completion_tokens) / exact[index]! - 1);
  expect(Math.max(...off.map(Math.abs)), `off by ${off.map((part) => part.toFixed(3)).join(', ')}`).toBeLessThan(0.05);
  expect(rows.map(({ estimated }) => Number(estimated))).toEqual(streams.map(() => 1));
}, 120_000);
