/**
 * Jobs: what has to happen after a transaction (a mail, an alert, a title) is a row that the same transaction writes,
 * so that no crash can lose it. Whichever instance sees it first takes it for a time; done, the row is deleted. Each
 * job happens at least once, and twice only where a process dies between the effect and the deletion.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { claimJobs, endJob, postponeJob, returnJob, type Job, type JobKind } from './jobs.store.ts';

/** How jobs of one kind are done. */
export interface Worker {
  /** So many tries, then it is given up. At most one more than there are pauses. */
  tries: number;
  /** Rejects where it has to be tried again, and soon once `signal` says so. */
  work(job: Job, signal: AbortSignal): Promise<void>;
}

export interface JobParts {
  database: Database;
  logger: FastifyBaseLogger;
  /** Kinds without a worker stay, for an instance that has one. */
  workers: Partial<Record<JobKind, Worker>>;
}

export interface Jobs {
  /** Looks at once for what was just left. */
  wake(): void;
  /** Lets what is under way end for a moment; the rest is another instance's, or the next start's. */
  close(): Promise<void>;
}

/** How often an instance looks for what others have left. */
const EVERY_MS = 2_000;
const AT_ONCE = 16;
const LONGEST_MS = 60_000;
/** Longer than a job may take: what is due again is nobody's any more. */
const LEASE_MS = 90_000;
const SECOND = 1_000;
const MINUTE = 60_000;
/** How long after each try the next one comes. */
const PAUSES_MS = [10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE, 360 * MINUTE];
export const ALL_TRIES = PAUSES_MS.length + 1;
const LAST_MOMENT_MS = 2_000;

export function keepWorking({ database, logger, workers }: JobParts): Jobs {
  const kinds = Object.keys(workers) as JobKind[];
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  let looked: Promise<void> = Promise.resolve();
  let willLook = false;

  async function look(): Promise<void> {
    const limit = AT_ONCE - underWay.size;
    if (limit === 0 || closing.signal.aborted) return;
    try {
      for (const job of await database.write(claimJobs, { kinds, limit, leaseMs: LEASE_MS })) start(job);
    } catch (error) {
      logger.error({ err: error }, 'jobs could not be looked for');
    }
  }

  function start(job: Job): void {
    const done = attempt(job).catch((error: unknown) => {
      logger.error({ err: error, job: job.id, kind: job.kind }, 'the end of a job could not be stored');
    });
    underWay.add(done);
    void done.then(() => {
      underWay.delete(done);
      // There may be more than could be taken at once.
      if (underWay.size === AT_ONCE - 1) wake();
    });
  }

  async function attempt(job: Job): Promise<void> {
    const worker = workers[job.kind]!;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(LONGEST_MS)]);
    try {
      signal.throwIfAborted();
      await worker.work(job, signal);
    } catch (error) {
      if (closing.signal.aborted) return database.write(returnJob, job);
      const about = { err: error, job: job.id, kind: job.kind, attempts: job.attempts };
      if (job.attempts < worker.tries) {
        logger.warn(about, 'a job failed and is tried again later');
        return database.write(postponeJob, { ...job, pauseMs: PAUSES_MS[job.attempts - 1]! });
      }
      logger.error(about, 'a job failed so often that it is given up');
    }
    await database.write(endJob, job);
  }

  function wake(): void {
    if (willLook) return;
    willLook = true;
    looked = looked.then(() => {
      willLook = false;
      return look();
    });
  }

  const timer = setInterval(wake, EVERY_MS).unref();
  return {
    wake,
    close: async () => {
      clearInterval(timer);
      await looked;
      const all = Promise.all(underWay);
      await Promise.race([all, sleep(LAST_MOMENT_MS, undefined, { ref: false })]);
      closing.abort(new Error('the server is closing'));
      await looked;
      await Promise.all(underWay);
    },
  };
}
