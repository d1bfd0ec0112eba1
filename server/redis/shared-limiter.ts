import cluster from 'node:cluster';
import {
  RateLimiterCluster,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { Redis } from './connect-redis.ts';

export type Limiter = Pick<RateLimiterAbstract, 'consume' | 'penalty' | 'reward' | 'delete'>;

export interface LimiterOptions {
  keyPrefix: string;
  points: number;
  /** Seconds. */
  duration: number;
}

/** Nobody waits longer for a Redis that does not answer. */
const LONGEST_WAIT_MS = 250;

/**
 * A limit that all instances keep together, by Redis. Each (with all of its workers) also counts for itself: where Redis is away, was emptied
 * or has forgotten something, that limit still holds.
 */
export function createLimiter(options: LimiterOptions, redis?: Redis): Limiter {
  const local = cluster.isWorker ? new RateLimiterCluster(options) : new RateLimiterMemory(options);
  if (!redis) return local;
  const shared = new RateLimiterRedis({
    ...options,
    keyPrefix: `daesa:limit:${options.keyPrefix}`,
    storeClient: redis,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
  });
  return {
    consume: async (key, points) => {
      const counted = await local.consume(key, points);
      return (await ask(shared.consume(key, points))) ?? counted;
    },
    penalty: async (key, points) => {
      const counted = await local.penalty(key, points);
      return (await ask(shared.penalty(key, points))) ?? counted;
    },
    reward: async (key, points) => {
      const counted = await local.reward(key, points);
      return (await ask(shared.reward(key, points))) ?? counted;
    },
    delete: async (key) => {
      await ask(shared.delete(key));
      return local.delete(key);
    },
  };
}

/** What Redis says; undefined where it says nothing in time. Throws what is a refusal. */
async function ask<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), LONGEST_WAIT_MS)));
  try {
    return await Promise.race([answer, late]);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) throw refused;
    return undefined;
  } finally {
    clearTimeout(timer);
    // Its refusal may come when nobody waits any more.
    answer.catch(() => undefined);
  }
}
