import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { indexMessages } from './index.store.ts';

interface IndexingParts {
  database: Database;
  clock: () => number;
  logger: FastifyBaseLogger;
}

const EVERY_MS = 1_000;
/** So many messages in one write: questions wait behind it for some milliseconds at most. */
const BATCH = 100;

/** Keeps the index of messages up with them, behind the questions themselves. */
export function keepIndexing({ database, clock, logger }: IndexingParts): () => Promise<void> {
  const closing = new AbortController();
  let underWay: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    try {
      for (let indexed = BATCH; indexed === BATCH && !closing.signal.aborted;) {
        indexed = await database.write(indexMessages, { limit: BATCH, now: clock() });
      }
    } catch (error) {
      if (!closing.signal.aborted) logger.error({ err: error }, 'messages could not be indexed');
    }
    if (!closing.signal.aborted) timer = setTimeout(start, EVERY_MS).unref();
  }

  const start = () => {
    underWay = round();
  };
  let timer = setTimeout(start, EVERY_MS).unref();
  return async () => {
    closing.abort();
    clearTimeout(timer);
    await underWay;
  };
}
