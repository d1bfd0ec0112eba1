import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { unitsUsed } from './chat-server.ts';
import { clientOf, joinAs, type Client } from './client.ts';
import { answerKilled, askThree, judgeKilled } from './killed-turns.ts';
import { openStream, textOf } from './read-stream.ts';
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts';
import { startProcess, type ServerProcess } from './server-process.ts';
import { freshPlace } from './server.ts';
import { writeTo } from './write-to.ts';

// Every round starts a real process.
vi.setConfig({ testTimeout: 240_000 });

/** What may be lost: the second since the last save, and what a busy machine adds. */
const LOST_MS = 2_200;
const rounds = inject('database') === 'sqlite' ? 10 : 5;

let provider: ScriptedProvider;
let place: Awaited<ReturnType<typeof freshPlace>>;
let token: string;

beforeAll(async () => {
  provider = await startScriptedProvider();
  place = await freshPlace();
});
afterAll(async () => {
  await provider.close();
  rmSync(place.dataDir, { recursive: true, force: true });
});

async function start(
  env: Record<string, string> = {},
): Promise<{ server: ServerProcess; url: string; member: Client }> {
  // Another instance would wait for the heartbeat of the dead one to be old.
  if (token && place.databaseUrl) await writeTo(place, 'update instances set heartbeat_at = 0');
  const settings = {
    OPENAI_BASE_URL: provider.url,
    DAILY_REQUEST_LIMIT: '1000',
    MAX_CONCURRENT_GENERATIONS: '6',
    ...env,
  };
  const server = await startProcess(settings, place);
  const url = (await server.ready).replace('localhost', '127.0.0.1');
  if (!token) {
    await joinAs(url, 'administrator');
    ({ token } = await joinAs(url, 'member'));
  }
  return { server, url, member: clientOf(url, token) };
}

test('kill -9 in mid-answer loses no message and no saved text, and leaves nothing running', async () => {
  provider.setDefault(answerKilled);
  let { server, url, member } = await start();
  const ends = new Set<string>();
  let spent = 0;
  for (let round = 0; round < rounds; round += 1) {
    const turns = await askThree(member, url, round);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_500));
    const killedAt = performance.now();
    await server.stop('SIGKILL');
    ({ server, url, member } = await start());
    const judged = await Promise.all(turns.map((turn) => judgeKilled(member, turn, killedAt)));
    expect(judged.flatMap(({ faults }) => faults)).toEqual([]);
    expect(Math.max(...judged.map(({ lostTextMs }) => lostTextMs))).toBeLessThan(LOST_MS);
    for (const { status } of judged) ends.add(status);
    // What failed gave its unit back, and was then asked again under the same key.
    spent += judged.length;
    const { results } = (await member.get('/chat?per_page=100')).body;
    const running = results.filter(({ status }: { status: string }) => status === 'running');
    expect(running.every(({ content }: { content: string }) => content.startsWith('other than'))).toBe(true);
    await expect.poll(() => unitsUsed(member)).toBe(spent);
  }
  expect([...ends]).toEqual(expect.arrayContaining(['interrupted', 'failed']));
  expect(await server.stop()).toBe(0);
});

test('SIGTERM lets short answers end, interrupts the others, and exits with 0', async () => {
  provider.setDefault(({ question }) =>
    question.startsWith('short')
      ? { text: ['a ', 'b'], paceMs: 300 }
      : { fault: 'endless', text: ['more '], paceMs: 20 },
  );
  const { server, url, member } = await start({ DRAIN_TIMEOUT_MS: '1500' });
  const readers = await Promise.all(
    ['short 1', 'short 2', 'long 1', 'long 2'].map(async (content) => {
      const { body } = await member.post('/chat/stream', { content });
      const reader = await openStream(member, url, `/chat/stream/${body.stream_id}`);
      await reader.event(1);
      return reader;
    }),
  );
  const asked = performance.now();
  const ended = server.stop();
  const events = await Promise.all(readers.map((reader) => reader.all()));
  expect(await ended).toBe(0);
  expect(performance.now() - asked).toBeLessThan(6_000);
  expect(events.map((list) => list.at(-1)!.data)).toMatchObject([
    { type: 'END', full_content: 'a b' },
    { type: 'END', full_content: 'a b' },
    { type: 'ERROR', error: { code: 'shutting_down', status: 503 } },
    { type: 'ERROR', error: { code: 'shutting_down', status: 503 } },
  ]);

  const next = await start();
  const statusOf = async (content: string) => {
    const { results } = (await next.member.get(`/chat?q=${encodeURIComponent(content)}`)).body;
    return [results[0].status, results[0].response];
  };
  expect(await statusOf('short 1')).toEqual(['done', 'a b']);
  expect(await statusOf('long 2')).toEqual(['interrupted', textOf(events[3]!)]);
  expect(await next.server.stop()).toBe(0);
});
