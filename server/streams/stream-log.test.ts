import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRedis, type Redis } from '#server/redis/connect-redis.ts';
import { hasRedis, startRedis, type RedisServer } from '#test/redis.ts';
import { mirrorLog } from './mirror-log.ts';
import { createSharedStreams, type SharedStreams } from './shared-streams.ts';
import { createStreamLog, type StreamLog } from './stream-log.ts';

const logger = pino({ level: 'silent' });

/** A log, and what its readers read: itself, or its mirror in another instance. */
type Open = () => Promise<{ log: StreamLog; read: StreamLog }>;

async function readAll(log: StreamLog, place: number): Promise<string> {
  const reader = log.join();
  let text = '';
  while (true) {
    await reader.past(place + text.length);
    const more = log.from(place + text.length);
    if (more === '' && log.closed) return text;
    text += more;
  }
}

test('every place of a log gives exactly what comes after it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 12 }),
      fc.nat(20),
      (pieces, joinAt) => {
        const log = createStreamLog();
        const whole = pieces.join('');
        for (const [index, piece] of pieces.entries()) {
          log.append(piece);
          // Reading the whole text joins the pieces; places stay what they were.
          const soFar = index === joinAt ? log.text : whole.slice(0, log.length);
          expect(soFar).toBe(pieces.slice(0, index + 1).join(''));
        }
        expect(log.length).toBe(whole.length);
        for (let place = 0; place <= whole.length; place += 1) expect(log.from(place)).toBe(whole.slice(place));
        expect(log.text).toBe(whole);
      },
    ),
  );
});

test('a reader that leaves is held no longer by a signal that goes on', () => {
  const process = new AbortController();
  const reader = createStreamLog().join(process.signal);
  expect(getEventListeners(process.signal, 'abort')).toHaveLength(1);
  reader.leave();
  expect(getEventListeners(process.signal, 'abort')).toHaveLength(0);
});

test('a long rest is taken in parts, which no part cuts a character of', () => {
  const characters = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(characters, fc.integer({ min: 2, max: 5 }), (whole, most) => {
      const log = createStreamLog();
      log.append(whole);
      const parts: string[] = [];
      for (let at = 0; at < whole.length; at += parts.at(-1)!.length) parts.push(log.from(at, most));
      expect(parts.join('')).toBe(whole);
      expect(parts.every((part) => part !== '' && part.length <= most && part.isWellFormed())).toBe(true);
    }),
  );
});

const inMemory: Open = async () => {
  const log = createStreamLog();
  return { log, read: log };
};

describe('a log in this process', () => {
  keepsItsReaders(inMemory);
});

describe.runIf(hasRedis)('a log of another instance', () => {
  const logs = new Map<string, StreamLog>();
  let redis: RedisServer;
  let instances: { redis: Redis; streams: SharedStreams }[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    instances = await Promise.all(['writer', 'reader'].map((instanceId) => join(redis.url, instanceId)));
  });
  afterAll(async () => {
    for (const { redis: client, streams } of instances) {
      streams.close();
      client.destroy();
    }
    await redis.stop();
  });

  async function join(url: string, instanceId: string) {
    const client = await connectRedis(url, logger);
    const parts = { redis: client, subscriber: await connectRedis(url, logger), logger, instanceId };
    const findLog = (id: string) => (instanceId === 'writer' ? logs.get(id) : undefined);
    return { redis: client, streams: await createSharedStreams({ ...parts, deployment: 'test', findLog }) };
  }

  const open: Open = async () => {
    const id = `log-${logs.size}`;
    const log = createStreamLog();
    logs.set(id, log);
    const mirror = mirrorLog(instances[1]!.streams, { id, owner: 'writer' }, () => mirror.log.close());
    return { log, read: mirror.log };
  };

  keepsItsReaders(open);

  test('is asked for again where a message of it was lost', async () => {
    const { log, read } = await open();
    log.append('one two');
    const mirror = mirrorLog(instances[1]!.streams, { id: `log-${logs.size - 1}`, owner: 'writer' }, () => {});
    mirror.grow(4, 'two');
    await mirror.log.join().past(6);
    expect(mirror.log.text).toBe('one two');
    // The newer mirror listens in place of the older one: an instance has one of each log.
    expect(read.closed).toBe(false);
    log.close();
  });
});

/** What every reader may rely on, wherever the log is written. */
function keepsItsReaders(open: Open): void {
  test('readers at different places all get the whole rest, however slow they are', async () => {
    const { log, read } = await open();
    log.append('before ');
    const readers = [readAll(read, 0), readAll(read, 3), readAll(read, 7)];
    for (const piece of ['one ', 'two ', 'three']) {
      await Promise.resolve();
      log.append(piece);
    }
    const late = readAll(read, 0);
    log.close();
    expect(await Promise.all(readers)).toEqual(['before one two three', 'ore one two three', 'one two three']);
    expect(await late).toBe('before one two three');
    expect(await readAll(read, 20)).toBe('');
  });

  test('a reader that leaves is forgotten, and the others go on', async () => {
    const { log, read } = await open();
    const leaving = new AbortController();
    const left = read.join(leaving.signal).past(0);
    const stays = readAll(read, 0);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await expect(read.join(leaving.signal).past(0)).rejects.toThrow('gone');
    log.append('text');
    log.close();
    expect(await stays).toBe('text');
  });

  test('what is there already needs no waiting', async () => {
    const { log, read } = await open();
    log.append('abc');
    await read.join().past(2);
    log.close();
    await read.join().past(3);
    expect(read.from(3)).toBe('');
  });
}
