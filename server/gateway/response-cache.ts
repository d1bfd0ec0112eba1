import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Visitor } from '../http/visitor.ts';
import type { Redis } from '../redis/connect-redis.ts';
import { readValue, type JsonMembers } from './json-members.ts';
import type { KeptAnswer } from './gateway.store.ts';
import type { CallUsage } from './read-usage.ts';

/** An answer that was given before, with what it had used. */
export interface CachedAnswer extends KeptAnswer {
  model: string;
  usage: Pick<CallUsage, 'promptTokens' | 'completionTokens'>;
}

export interface ResponseCache {
  get(key: string): Promise<CachedAnswer | undefined>;
  set(key: string, answer: CachedAnswer): Promise<void>;
}

const KEPT_MS = 3_600_000;
const MOST_BYTES = 64 * 1024 * 1024;
const LARGEST_ANSWER = 2 * 1024 * 1024;

/** Exact matches, in this process: an hour at most, the oldest go first where memory ends. */
export function cacheInMemory(now: () => number = () => performance.now()): ResponseCache {
  const answers = new Map<string, { answer: CachedAnswer; until: number }>();
  let bytes = 0;
  const drop = (key: string) => {
    bytes -= answers.get(key)?.answer.answer.length ?? 0;
    answers.delete(key);
  };
  return {
    get: async (key) => {
      const found = answers.get(key);
      if (!found) return undefined;
      if (now() < found.until) return found.answer;
      drop(key);
      return undefined;
    },
    set: async (key, answer) => {
      if (answer.answer.length > LARGEST_ANSWER) return;
      drop(key);
      answers.set(key, { answer, until: now() + KEPT_MS });
      bytes += answer.answer.length;
      for (const oldest of answers.keys()) {
        if (bytes <= MOST_BYTES) break;
        drop(oldest);
      }
    },
  };
}

/** Asking the model again is better than waiting longer for what may be remembered. */
const LONGEST_LOOK_MS = 100;

/**
 * Exact matches for all instances of one deployment, by its `secret`: others may use the same Redis. While it is
 * away nothing is found and nothing is kept.
 */
export function cacheInRedis(redis: Redis, secret: string): ResponseCache {
  const nameOf = (key: string) => `daesa:answer:${createHmac('sha256', secret).update(key).digest('base64url')}`;
  return {
    get: async (key) => {
      const late = sleep(LONGEST_LOOK_MS, undefined, { ref: false });
      const found = await Promise.race([redis.get(nameOf(key)), late]).catch(() => undefined);
      return found ? (JSON.parse(found) as CachedAnswer) : undefined;
    },
    set: async (key, answer) => {
      if (answer.answer.length > LARGEST_ANSWER) return;
      await redis.set(nameOf(key), JSON.stringify(answer), { PX: KEPT_MS }).catch(() => undefined);
    },
  };
}

/** Whether the same request has the same answer: embeddings, and chat that leaves nothing to chance. */
function isDeterministic(endpoint: string, members: JsonMembers): boolean {
  if (endpoint === 'embeddings') return true;
  if (endpoint !== 'chat/completions' && endpoint !== 'completions') return false;
  const answers = readValue(members, 'n') ?? 1;
  return readValue(members, 'temperature') === 0 && answers === 1;
}

/**
 * What a request is remembered by; undefined where it is not to be. Only where the key or the header
 * `x-daesa-cache` asks for it, and shared between users only where the key says so.
 */
export function cacheKey(
  endpoint: string,
  members: JsonMembers,
  model: string,
  request: FastifyRequest,
  visitor: Visitor,
): string | undefined {
  const header = String(request.headers['x-daesa-cache'] ?? '').toLowerCase();
  const chosen = visitor.key?.responseCache ?? 'off';
  if (header === 'off' || (chosen === 'off' && header !== 'on')) return undefined;
  if (!isDeterministic(endpoint, members)) return undefined;
  const whose = chosen === 'shared' ? 'everybody' : `user ${visitor.id}`;
  const hash = createHash('sha256').update(`${whose}\n${endpoint}\n${model}\n`).update(members.bytes);
  return hash.digest('base64url');
}
