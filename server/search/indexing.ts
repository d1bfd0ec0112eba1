import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { indexMessages } from './index.store.ts';

interface IndexingParts {
  database: Database;
  clock: () => number;
  logger: Pick<FastifyBaseLogger, 'error'>;
  /** How often it looks for new messages. */
  everyMs?: number;
}

const EVERY_MS = 1_000;
/** Messages in one write. Questions wait behind it on SQLite; PostgreSQL goes on, and many at once cost it less. */
const BATCHES = { sqlite: 100, postgres: 1_000 };

/** Keeps the index of messages up with them, behind the questions themselves. */
export function keepIndexing({ database, clock, logger, everyMs = EVERY_MS }: IndexingParts): () => Promise<void> {
  const closing = new AbortController();
  const limit = BATCHES[database.kind];
  let underWay: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    try {
      for (let indexed = limit; indexed === limit && !closing.signal.aborted;) {
        const began = performance.now();
        indexed = await database.write(indexMessages, { limit, now: clock() });
        // At most every other millisecond is the index's: whoever inserts is never slowed down to less than half.
        if (indexed === limit) await sleep(performance.now() - began, undefined, { signal: closing.signal });
      }
    } catch (error) {
      if (!closing.signal.aborted) logger.error({ err: error }, 'messages could not be indexed');
    }
    if (!closing.signal.aborted) timer = setTimeout(start, everyMs).unref();
  }

  const start = () => {
    underWay = round();
  };
  let timer = setTimeout(start, everyMs).unref();
  return async () => {
    closing.abort();
    clearTimeout(timer);
    await underWay;
  };
}
