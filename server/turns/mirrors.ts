import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import type { SharedStreams } from '../streams/shared-streams.ts';
import { mirrorLog } from '../streams/mirror-log.ts';
import type { StreamLog } from '../streams/stream-log.ts';
import { readGeneration, type StoredGeneration } from './stored-generation.store.ts';

/** The answer of another instance as it comes here: one for all of its readers. */
export interface Mirror {
  log: StreamLog;
  /** What is stored at its end, once the log has closed; undefined where the turn was deleted. */
  readonly stored: StoredGeneration | undefined;
  /** A reader has gone. */
  leave(): void;
}

export interface Mirrors {
  join(stored: StoredGeneration): Mirror;
  /** This process is about to end: another one is asked for what it does not write itself. */
  readonly draining: boolean;
  /** Waits until nobody reads an answer of another instance here any more, at most `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
}

export interface MirrorParts {
  database: Database;
  /** Where several instances share a Redis: text comes as it is written, and not when it is stored. */
  streams: SharedStreams | undefined;
  logger: FastifyBaseLogger;
}

/** How often what another instance has stored is looked for: without Redis, and with one. */
const LOOK_EVERY_MS = 500;
const LOOK_SELDOM_MS = 2_000;
/** How often a closing server looks whether its last reader has gone. */
const DRAINED_MS = 20;

interface Kept extends Mirror {
  readers: number;
}

export function createMirrors(parts: MirrorParts): Mirrors {
  const mirrors = new Map<string, Kept>();
  let draining = false;

  function open(first: StoredGeneration): Kept {
    const { id, instance_id: owner, user_id: userId } = first;
    const { database, streams, logger } = parts;
    const { log, grow, stop } = mirrorLog(streams, { id, owner }, () => void look());
    let stored: StoredGeneration | undefined = first;
    let timer: NodeJS.Timeout | undefined;

    async function look(): Promise<void> {
      clearTimeout(timer);
      try {
        const found = await readGeneration(database.read, { id, userId });
        if (log.closed) return;
        stored = found;
        grow(0, found?.text ?? '');
        if (found?.state !== 'running') return close();
      } catch (error) {
        logger.warn({ err: error, generation: id }, 'an answer of another instance could not be read');
      }
      // Nobody reads it any more: what comes back starts a new one.
      if (kept.readers > 0) schedule();
    }

    function schedule(): void {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), streams?.connected ? LOOK_SELDOM_MS : LOOK_EVERY_MS);
    }

    function close(): void {
      clearTimeout(timer);
      stop();
      mirrors.delete(id);
      log.close();
    }

    const kept: Kept = {
      log,
      readers: 0,
      get stored() {
        return stored;
      },
      leave: () => {
        kept.readers -= 1;
        if (kept.readers === 0 && !log.closed) close();
      },
    };
    grow(0, first.text ?? '');
    schedule();
    return kept;
  }

  return {
    join: (stored) => {
      const mirror = mirrors.get(stored.id) ?? open(stored);
      mirrors.set(stored.id, mirror);
      mirror.readers += 1;
      return mirror;
    },
    get draining() {
      return draining;
    },
    drain: async (timeoutMs) => {
      draining = true;
      const until = performance.now() + timeoutMs;
      while (mirrors.size > 0 && performance.now() < until) await sleep(DRAINED_MS);
    },
  };
}
