/**
 * The writer thread of the embedded database. It gets groups of writes, runs each in a savepoint of one
 * transaction, and answers after the commit: many callers share one flush of the disk, and a slow disk
 * never stalls the event loop of the main thread.
 */
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Kysely } from 'kysely';
import type { ErrorCode, FieldError } from '#contracts/errors.ts';
import { Problem } from '../errors.ts';
import { giveBackAfterStart } from '../idle-memory.ts';
import { nameWrites, type Stores } from './database.ts';
import type { Schema, Trx } from './schema.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { letOthersGoFirst } from './thread-priority.ts';

export interface WriterData {
  file: string;
  storesModule: string;
  flushDelayMs: number;
}

export interface WriteJob {
  name: string;
  args: unknown;
}

/** An error as plain data: `postMessage` keeps no classes. */
export interface WriteFailure {
  message: string;
  stack: string | undefined;
  errcode: number | undefined;
  problem?: {
    code: ErrorCode;
    message: string;
    retryAfterS?: number;
    errors?: FieldError[];
    provider?: string;
    headers: Record<string, string>;
  };
}

export type WriteOutcome = { result: unknown } | { failure: WriteFailure };

type AnyWrite = (trx: Trx, args: unknown) => Promise<unknown>;

function describe(error: unknown): WriteFailure {
  if (error instanceof Problem) {
    const { code, message, retryAfterS, errors, provider, headers, stack } = error;
    return { message, stack, errcode: undefined, problem: { code, message, retryAfterS, errors, provider, headers } };
  }
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, errcode: undefined };
  const errcode = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  return { message: error.message, stack: error.stack, errcode };
}

async function startWriter(data: WriterData, port: NonNullable<typeof parentPort>): Promise<void> {
  const database = new DatabaseSync(data.file, { enableForeignKeyConstraints: true, timeout: 5_000 });
  database.exec('pragma synchronous = full; pragma cache_size = -16000; pragma temp_store = memory');
  const trx = new Kysely<Schema>({ dialect: sqliteDialect(database) }) as unknown as Trx;
  const { stores } = (await import(data.storesModule)) as { stores: Stores };
  const writes = new Map([...nameWrites(stores)].map(([write, name]) => [name, write as AnyWrite]));
  const begin = database.prepare('begin immediate');
  const commit = database.prepare('commit');
  const savepoint = database.prepare('savepoint one');
  const release = database.prepare('release one');

  async function runOne({ name, args }: WriteJob): Promise<WriteOutcome> {
    savepoint.run();
    try {
      const write = writes.get(name);
      if (!write) throw new Error(`no store has the write ${name}`);
      const result = await write(trx, args);
      release.run();
      return { result };
    } catch (error) {
      // A full disk can end the whole transaction; then there is no savepoint to go back to.
      if (database.isTransaction) database.exec('rollback to one; release one');
      else throw error;
      return { failure: describe(error) };
    }
  }

  async function runGroup(jobs: WriteJob[]): Promise<WriteOutcome[]> {
    try {
      begin.run();
      const outcomes: WriteOutcome[] = [];
      for (const job of jobs) outcomes.push(await runOne(job));
      commit.run();
      if (data.flushDelayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, data.flushDelayMs);
      return outcomes;
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      const failure = describe(error);
      return jobs.map(() => ({ failure }));
    }
  }

  giveBackAfterStart();
  letOthersGoFirst();
  port.on('message', async (message: WriteJob[] | 'close') => {
    if (message !== 'close') return port.postMessage(await runGroup(message));
    database.exec('pragma wal_checkpoint(truncate)');
    database.close();
    port.close();
  });
}

if (!isMainThread && parentPort) await startWriter(workerData as WriterData, parentPort);
