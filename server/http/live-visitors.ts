import type { FastifyBaseLogger } from 'fastify';
import type { App } from './app-types.ts';
import type { Visitor } from './visitor.ts';

/** Ends what goes on for a while (a stream, a socket) once its credential no longer counts, on every instance. */
export interface LiveVisitors {
  /** Calls `end` within two seconds after the visitor's login or key has ended; gives what stops the watch. */
  watch(visitor: Visitor, end: () => void): () => void;
  close(): void;
}

/** The ids, of logins and of API keys, that still count. */
export type FindLive = (ids: { logins: number[]; keys: number[] }) => Promise<{ logins: number[]; keys: number[] }>;

const EVERY_MS = 1_000;
/** What a WebSocket has for its own goodbye; within the two seconds. */
const GOODBYE_MS = 600;
/** Most ids of one query; a person's many streams are one id. */
const AT_ONCE = 500;

interface Watched {
  visitor: Visitor;
  end: () => void;
  since: number;
}

export function createLiveVisitors(findLive: FindLive, logger: FastifyBaseLogger): LiveVisitors {
  const watched = new Set<Watched>();
  let looking = false;

  async function look(): Promise<void> {
    if (looking || watched.size === 0) return;
    looking = true;
    try {
      // Most requests are over sooner than they would be looked at.
      const old = performance.now() - EVERY_MS / 2;
      const due = [...watched].filter(({ since }) => since <= old);
      await endDead(due, findLive);
    } catch (error) {
      // What can't be asked now is asked again in a second.
      logger.warn({ err: error }, 'could not look whether visitors are still logged in');
    } finally {
      looking = false;
    }
  }

  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return {
    watch: (visitor, end) => {
      const entry = { visitor, end, since: performance.now() };
      watched.add(entry);
      return () => void watched.delete(entry);
    },
    close: () => clearInterval(timer),
  };
}

async function endDead(due: Watched[], findLive: FindLive): Promise<void> {
  const logins = new Set<number>();
  const keys = new Set<number>();
  for (const { visitor } of due) {
    if (visitor.key) keys.add(visitor.key.id);
    else if (visitor.loginId !== null) logins.add(visitor.loginId);
  }
  const liveLogins = new Set<number>();
  const liveKeys = new Set<number>();
  for (let at = 0; at < Math.max(logins.size, keys.size); at += AT_ONCE) {
    const part = (ids: Set<number>) => [...ids].slice(at, at + AT_ONCE);
    const live = await findLive({ logins: part(logins), keys: part(keys) });
    for (const id of live.logins) liveLogins.add(id);
    for (const id of live.keys) liveKeys.add(id);
  }
  for (const { visitor, end } of due) {
    const lives = visitor.key
      ? liveKeys.has(visitor.key.id)
      : visitor.loginId === null || liveLogins.has(visitor.loginId);
    if (!lives) end();
  }
}

/** Watches every request with a visitor while it runs: streams, answers that are waited for, and open sockets. */
export function addLiveVisitors(app: App, live: LiveVisitors): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.visitor) return;
    const upgraded = request.headers.upgrade !== undefined;
    const { socket } = request.raw;
    const end = () => void socket.destroy();
    // A WebSocket that looks for itself says goodbye first.
    const stop = live.watch(request.visitor, upgraded ? () => void setTimeout(end, GOODBYE_MS).unref() : end);
    (upgraded ? socket : reply.raw).once('close', stop);
  });
}
