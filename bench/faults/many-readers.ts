/** K7: thousands of readers at once, some of which take nothing, and what one more reader notices of them. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Client } from '#test/client.ts';
import { openStream } from '#test/read-stream.ts';
import { percentile, residentMemory } from '../process.ts';
import type { CrowdOrder } from './crowd.ts';
import { builtServers, sleep, type Figures } from './row.ts';

const READERS = Number(process.env.BENCH_READERS ?? 10_000);
const STOPPED = Math.min(100, READERS);
const ANSWERS = 20;
const PACE_MS = 200;
const MEASURE_MS = 15_000;

/** How much later than the model said them the chunks of an answer come, in milliseconds. */
async function delays(member: Client, url: string): Promise<number[]> {
  const { body } = await member.post('/chat/stream', { content: 'probe' });
  const path = `/chat/stream/${body.stream_id}`;
  const reader = await openStream(member, url, path);
  const until = performance.now() + MEASURE_MS;
  const late: number[] = [];
  let last: number | undefined;
  for (let index = 1; performance.now() < until && (await reader.event(index)); index += 1) {
    const now = performance.now();
    if (last !== undefined) late.push(Math.max(0, now - last - PACE_MS));
    last = now;
  }
  reader.leave();
  await member.delete(path);
  return late;
}

export async function manyReaders(): Promise<Figures> {
  const house = await builtServers({ DEFAULT_MODEL: 'gpt-4o-mini' });
  house.provider.setDefault(({ question }) => ({
    fault: 'endless',
    text: ['word '],
    paceMs: question === 'probe' ? PACE_MS : 1_000,
  }));
  const { server, url, member } = await house.start();
  const pid = server.child.pid!;
  const alone = percentile(await delays(member, url), 0.95);
  const paths: string[] = [];
  for (let number = 0; number < ANSWERS; number += 1) {
    const { body } = await member.post('/chat/stream', { content: 'crowd' });
    paths.push(`/chat/stream/${body.stream_id}`);
  }
  const before = residentMemory(pid);
  const crowd = fork(fileURLToPath(new URL('crowd.ts', import.meta.url)));
  const order: CrowdOrder = {
    port: Number(new URL(url).port),
    token: member.token,
    paths,
    readers: READERS,
    stopped: STOPPED,
  };
  crowd.send(order);
  const [opened] = (await once(crowd, 'message')) as [number];
  await sleep(5_000);
  const among = percentile(await delays(member, url), 0.95);
  const kibibytes = (residentMemory(pid) - before) / READERS / 1_024;
  crowd.kill('SIGKILL');
  return {
    figures:
      `${opened} of ${READERS} readers at once (${STOPPED} of them take nothing): ${kibibytes.toFixed(1)} KiB of RSS a reader; ` +
      `p95 of a chunk's delay ${alone.toFixed(1)} ms alone, ${among.toFixed(1)} ms among them`,
    passed: opened === READERS && kibibytes < 30,
  };
}
