/**
 * K7: thousands of readers at once, some of which take nothing, and what one more reader notices of them. The limits
 * are those of readers who wait (F9); what readers cost that get a word each second is a figure beside it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Client } from '#test/client.ts';
import { openStream } from '#test/read-stream.ts';
import { percentile, processorTime, residentMemory } from '../process.ts';
import type { CrowdOrder } from './crowd.ts';
import { builtServers, endServers, sleep, type Figures } from './row.ts';

const READERS = Number(process.env.BENCH_READERS ?? 10_000);
const STOPPED = Math.min(100, READERS);
const ANSWERS = 20;
const PACE_MS = 200;
/** Long enough for two heartbeats of everybody. */
const MEASURE_MS = 30_000;
/** Below it, a delay tells of the machine and not of the readers. */
const NOISE_MS = 10;

interface Crowd {
  opened: number;
  /** Of RSS, for each reader. */
  kibibytes: number;
  /** 95th percentiles of a chunk's delay, in milliseconds. */
  alone: number;
  among: number;
  /** Share of a core that the server took, 0 to 1 and more. */
  busy: number;
}

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

/** Readers of answers that say their first word and then one each `paceMs`. */
async function measure(paceMs: number): Promise<Crowd> {
  const house = await builtServers({ DEFAULT_MODEL: 'gpt-4o-mini' });
  house.provider.setDefault(({ question }) => ({
    fault: 'endless',
    text: ['word '],
    paceMs: question === 'probe' ? PACE_MS : paceMs,
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
  const kibibytes = (residentMemory(pid) - before) / READERS / 1_024;
  const worked = processorTime(pid);
  const among = percentile(await delays(member, url), 0.95);
  const busy = (processorTime(pid) - worked) / 1_000 / MEASURE_MS;
  crowd.kill('SIGKILL');
  await endServers();
  return { opened, kibibytes, alone, among, busy };
}

const show = ({ opened, kibibytes, alone, among, busy }: Crowd) =>
  `${opened} at once, ${kibibytes.toFixed(1)} KiB of RSS each, ${Math.round(busy * 100)} % of a core; ` +
  `p95 of a chunk's delay ${alone.toFixed(1)} ms alone, ${among.toFixed(1)} ms among them`;

export async function manyReaders(): Promise<Figures> {
  const waiting = await measure(3_600_000);
  const busy = await measure(1_000);
  const { opened, kibibytes, alone, among } = waiting;
  return {
    figures: `${STOPPED} of all readers take nothing. Waiting readers: ${show(waiting)}. With a word each second: ${show(busy)}`,
    passed: opened === READERS && kibibytes < 30 && among < Math.max(2 * alone, NOISE_MS),
  };
}
