import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';

const FIRST_ANSWER_MS = 2_000;
const LONGEST_PAUSE_MS = 5_000;

export type Redis = Awaited<ReturnType<typeof openClient>>;

/** The library is loaded only where a Redis is set. */
async function openClient(url: string) {
  const { createClient } = await import('redis');
  return createClient({
    url,
    // Nothing in it is the truth: while it is away commands fail at once, and their callers do without it.
    disableOfflineQueue: true,
    pingInterval: 30_000,
    socket: {
      connectTimeout: FIRST_ANSWER_MS,
      reconnectStrategy: (retries) => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(retries, 10)),
    },
  });
}

/**
 * One connection to Redis, which comes back by itself. It may still be away when this returns: see `isReady`.
 * Whoever subscribes or waits in a command opens a connection of their own. End it with `destroy()`.
 */
export async function connectRedis(url: string, logger: FastifyBaseLogger): Promise<Redis> {
  const client = await openClient(url);
  let away = false;
  const settled = new Promise<void>((resolve) => {
    client.on('ready', () => {
      if (away) logger.info('Redis is back');
      away = false;
      resolve();
    });
    // Each try to reconnect fails again; an outage is one line. Without a listener it would end the process.
    client.on('error', (error: unknown) => {
      if (!away) logger.warn({ err: error }, 'Redis is away');
      away = true;
      resolve();
    });
  });
  client.connect().catch((error: unknown) => logger.debug({ err: error }, 'the connection to Redis was given up'));
  await settled;
  return client;
}

const LONGEST_PING_MS = 250;

/** Whether Redis answers now. */
export async function redisAnswers(redis: Redis): Promise<boolean> {
  const late = sleep(LONGEST_PING_MS, '', { ref: false });
  return (await Promise.race([redis.ping(), late]).catch(() => '')) === 'PONG';
}
