/** K11: the disk of the embedded database is full for a while, several times. The disk is a tmpfs of the server's own. */
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { median } from '../process.ts';
import { builtServers, isDatabaseWhole, Rounds, seconds, type Figures } from './row.ts';

const SIZE = '64m';
const WRITES = 60;
const BACK_WITHIN_MS = 30_000;
/** Long, so that a few of them need what the log of the database has left. */
const filling = 'A disk has an end. '.repeat(50);

/** Runs the rest of the line where DATA_DIR is a small disk that nobody else sees. */
function ownDisk(dataDir: string): string[] {
  const flags = process.getuid?.() === 0 ? '-m' : '-rm';
  return ['unshare', flags, 'sh', '-c', `mount -t tmpfs -o size=${SIZE} tmpfs "$0" && exec "$@"`, dataDir];
}

/** Takes all room there is. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (const block of [Buffer.alloc(1 << 20), Buffer.alloc(4_096)]) {
    try {
      while (writeSync(file, block) === block.length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(file);
}

/** Checks a copy, for SQLite finds no way into another's disk; nobody writes meanwhile. */
function isCopyWhole(inside: string): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'daesa-copy-'));
  for (const name of ['daesa.sqlite', 'daesa.sqlite-wal']) copyFileSync(join(inside, name), join(directory, name));
  const isWhole = isDatabaseWhole(directory);
  rmSync(directory, { recursive: true, force: true });
  return isWhole;
}

interface Counts {
  /** Answers of writes while the disk was full, by status and code. */
  kinds: Record<string, number>;
  acknowledged: number[];
  failedReads: number;
  withoutRetryAfter: number;
}

/** Writes and reads on a full disk. */
async function use(member: Client, round: number, counts: Counts): Promise<void> {
  for (let number = 0; number < WRITES; number += 1) {
    const { status, body, headers } = await member.post('/quote', { content: `${filling}${round} ${number}` });
    const kind = status === 201 ? '201' : `${status} ${body.code ?? ''}`;
    counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1;
    if (status === 201) counts.acknowledged.push(body.id);
    else if (!headers.get('retry-after')) counts.withoutRetryAfter += 1;
    for (const path of ['/quote', '/accounts/profile', '/health/live']) {
      if ((await member.get(path)).status !== 200) counts.failedReads += 1;
    }
  }
}

export async function diskFull(): Promise<Figures> {
  const rounds = new Rounds(5);
  const house = await builtServers({}, { wrapper: ownDisk });
  const { server, member } = await house.start();
  const inside = `/proc/${server.child.pid}/root${house.place.dataDir}`;
  const counts: Counts = { kinds: {}, acknowledged: [], failedReads: 0, withoutRetryAfter: 0 };
  const back: number[] = [];
  for (const round of rounds) {
    fill(join(inside, 'filler'));
    await use(member, round, counts);
    rmSync(join(inside, 'filler'));
    const began = performance.now();
    const { id } = await eventually(async () => {
      const { status, body } = await member.post('/quote', { content: `${filling}${round} again` });
      return status === 201 ? body : undefined;
    }, BACK_WITHIN_MS);
    back.push(performance.now() - began);
    counts.acknowledged.push(id);
  }
  let lost = 0;
  for (const id of counts.acknowledged) if ((await member.get(`/quote/${id}`)).status !== 200) lost += 1;
  const isWhole = isCopyWhole(inside);
  const isAlive = server.child.exitCode === null;
  const kinds = Object.entries(counts.kinds).map(([kind, count]) => `${count} × ${kind}`);
  const strange = Object.keys(counts.kinds).filter((kind) => !/^(201|503|507)/.test(kind));
  return {
    figures:
      `full ${rounds} times: writes were ${kinds.join(', ')} (${counts.withoutRetryAfter} refused without Retry-After), ` +
      `${counts.failedReads} reads failed, ${lost} of ${counts.acknowledged.length} acknowledged lost, ` +
      `${isAlive ? 'alive' : 'ended'}, integrity ${isWhole ? 'ok' : 'broken'}; ` +
      `writes again after ${seconds(median(back))} s (median), ${seconds(Math.max(...back))} s (most)`,
    passed: strange.length + counts.failedReads + counts.withoutRetryAfter + lost === 0 && isAlive && isWhole,
  };
}
