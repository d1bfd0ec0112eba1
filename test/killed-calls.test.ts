import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { unitsUsed } from './chat-server.ts';
import { forgetHeartbeats, gatewayProcesses, type GatewayProcesses } from './gateway-processes.ts';

// Every round starts a real process.
vi.setConfig({ testTimeout: 120_000 });

const ROUNDS = 3;
const words = Array.from({ length: 400 }, (_, index) => ` word${index}`);

let house: GatewayProcesses;

beforeAll(async () => {
  house = await gatewayProcesses();
});
afterAll(() => house.close());

interface Watched {
  text: string;
  ended: boolean;
}

/** Reads a streamed answer until it is over or the server is gone. */
async function watch(url: string, key: string, content: string, stream: boolean): Promise<Watched> {
  const watched: Watched = { text: '', ended: false };
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
  let { server, url, member } = await house.start();
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
    ({ server, url, member } = await house.start());
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
