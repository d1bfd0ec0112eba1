import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { Kysely } from 'kysely';
import { Problem } from '../errors.ts';
import { moduleUrl } from '../module-url.ts';
import { lockDataDirectory } from './data-directory.ts';
import { nameWrites, type Database, type Stores, type Write } from './database.ts';
import { executedMigrations, migrate, pendingMigrations } from './migrate.ts';
import type { Db, Schema } from './schema.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import type { WriteFailure, WriteJob, WriteOutcome, WriterData } from './sqlite-writer.ts';

export interface SqliteOptions {
  dataDir: string;
  stores: Stores;
  /** The module whose exports are `stores`: the writer thread imports the same one. */
  storesModule: URL;
  /** Milliseconds that every commit waits longer: a slow disk, for tests and benchmarks. */
  flushDelayMs?: number;
}

/** The name of the database in its folder. */
export const SQLITE_FILE = 'daesa.sqlite';

/** Writes in one commit at most; the next group forms while this one is flushed. */
const LARGEST_GROUP = 512;

/** What goes on after a write takes a tenth of a millisecond and more: a round of the event loop stays short. */
const ANSWERS_A_ROUND = 2;

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** Sends writes to the writer thread, one group under way at a time. */
class Writer {
  readonly #worker: Worker;
  readonly #names: Map<unknown, string>;
  #jobs: WriteJob[] = [];
  #waiting: Waiting[] = [];
  #underWay: Waiting[] = [];
  #scheduled = false;
  #grouped = false;
  /** Of writes that have ended, until their callers hear of it. */
  readonly #outcomes: Array<[Waiting, WriteOutcome]> = [];
  #failure: Error | undefined;

  constructor(worker: Worker, names: Map<unknown, string>) {
    this.#worker = worker;
    this.#names = names;
    worker.on('message', (outcomes: WriteOutcome[]) => this.#finish(outcomes));
    worker.on('error', (error: Error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Problem('database_unavailable')));
  }

  write<Args, Result>(write: Write<Args, Result>, args: Args): Promise<Result> {
    const name = this.#names.get(write);
    if (!name) throw new Error(`${write.name} is not exported by a store of server/stores.ts`);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise<Result>((resolve, reject) => {
      this.#jobs.push({ name, args });
      this.#waiting.push({ resolve, reject });
      this.#schedule();
    });
  }

  get waiting(): number {
    return this.#underWay.length + this.#jobs.length;
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay.length > 0 || this.#jobs.length === 0) return;
    this.#scheduled = true;
    // After the current round of the event loop: what arrived with this write joins its commit. Where writes come
    // in groups, the next one waits for two rounds more: larger groups cost less, and rounds are long then.
    setImmediate(() => (this.#grouped ? setImmediate(() => setImmediate(() => this.#send())) : this.#send()));
  }

  #send(): void {
    this.#scheduled = false;
    this.#underWay = this.#waiting.splice(0, LARGEST_GROUP);
    this.#grouped = this.#underWay.length > 2;
    this.#worker.postMessage(this.#jobs.splice(0, LARGEST_GROUP));
  }

  #finish(outcomes: WriteOutcome[]): void {
    const group = this.#underWay;
    this.#underWay = [];
    this.#schedule();
    const idle = this.#outcomes.length === 0;
    for (const [index, outcome] of outcomes.entries()) this.#outcomes.push([group[index]!, outcome]);
    if (idle) this.#answer();
  }

  /** A commit ends many writes at once; what they go on with must not fill one round of the event loop. */
  #answer(): void {
    for (const [waiting, outcome] of this.#outcomes.splice(0, ANSWERS_A_ROUND)) {
      if ('failure' in outcome) waiting.reject(toError(outcome.failure));
      else waiting.resolve(outcome.result as never);
    }
    if (this.#outcomes.length > 0) setImmediate(() => this.#answer());
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of [...this.#underWay, ...this.#waiting]) waiting.reject(error);
    this.#underWay = [];
    this.#waiting = [];
    this.#jobs = [];
  }

  /** Waits for every write that was accepted, then ends the thread. */
  async close(): Promise<void> {
    while (this.#underWay.length > 0 || this.#jobs.length > 0 || this.#outcomes.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#failure = new Problem('database_unavailable', 'The database is closed.');
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.postMessage('close');
    await ended;
  }
}

function toError(failure: WriteFailure): Error {
  if (failure.problem) {
    const { code, message, ...options } = failure.problem;
    return new Problem(code, message, options);
  }
  // SQLITE_FULL and SQLITE_IOERR (https://sqlite.org/rescode.html): the disk, not the request.
  if (failure.errcode !== undefined && [13, 10].includes(failure.errcode & 0xff)) {
    return new Problem('storage_full', undefined, { retryAfterS: 30, cause: failure.message });
  }
  // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _FOREIGNKEY: somebody was faster.
  if ([2_067, 1_555, 787].includes(failure.errcode ?? 0))
    return new Problem('conflict', undefined, { cause: failure.message });
  return Object.assign(new Error(failure.message), { stack: failure.stack });
}

function openConnection(file: string): DatabaseSync {
  const connection = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5_000 });
  connection.exec('pragma journal_mode = wal; pragma synchronous = full; pragma mmap_size = 268435456');
  return connection;
}

/** A migration goes forward only: what was there before it stays beside the database, as a backup to restore. */
async function keepBeforeMigrating(db: Db, directory: string): Promise<void> {
  const [next] = await pendingMigrations(db);
  if (next === undefined || (await executedMigrations(db)).length === 0) return;
  const { takeBackup } = await import('./backup/take-backup.ts');
  const file = join(directory, `before-${next}-${Date.now()}.backup`);
  await takeBackup(db, file);
  process.stderr.write(`The database is brought to a newer version; as it was, it is kept in ${file}\n`);
}

/** Opens (and migrates) the embedded database under `dataDir`. */
export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const lock = lockDataDirectory(options.dataDir);
  const file = join(lock.path, SQLITE_FILE);
  const connection = openConnection(file);
  const read: Db = new Kysely<Schema>({ dialect: sqliteDialect(connection) });
  const workerData: WriterData = {
    file,
    storesModule: options.storesModule.href,
    flushDelayMs: options.flushDelayMs ?? 0,
  };
  // Its modules load while this thread goes on; nothing is written before it is asked.
  const worker = new Worker(moduleUrl('sqlite-writer', import.meta.url), { workerData });
  const writer = new Writer(worker, nameWrites(options.stores));
  try {
    await keepBeforeMigrating(read, lock.path);
    await migrate(read);
    connection.exec('pragma query_only = on');
  } catch (error) {
    await worker.terminate();
    connection.close();
    lock.release();
    throw error;
  }
  return {
    kind: 'sqlite',
    read,
    write: (write, args) => writer.write(write, args),
    load: () => ({ waiting: writer.waiting, connections: 2 }),
    close: async () => {
      await writer.close();
      connection.close();
      lock.release();
    },
  };
}
