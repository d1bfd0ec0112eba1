import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { App } from './app-types.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOK_EVERY_MS = 10;

export interface ChangesUnderWay {
  /** Waits until every request that came before and may change something has been answered. */
  over(timeoutMs: number): Promise<void>;
}

/**
 * Knows the requests that may begin something: one that has been let in is still on its way to it when a server
 * begins to stop. Added behind the hook that refuses what comes after that.
 */
export function followChanges(app: App): ChangesUnderWay {
  const underWay = new Set<FastifyRequest>();
  app.addHook('onRequest', async (request, reply) => {
    if (SAFE.has(request.method)) return;
    underWay.add(request);
    reply.raw.once('close', () => underWay.delete(request));
  });
  return {
    over: async (timeoutMs) => {
      const until = performance.now() + timeoutMs;
      while (underWay.size > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
    },
  };
}
