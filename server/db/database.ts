import type { Db, Trx } from './schema.ts';

/**
 * One write: a named, exported function of a `.store.ts` that awaits nothing but `trx`. It runs whole,
 * in one transaction; arguments and result are plain data (they cross to the writer thread on SQLite).
 */
export type Write<Args, Result> = (trx: Trx, args: Args) => Promise<Result>;

export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  /** Reads. Never for writing: on SQLite this connection is read-only. */
  readonly read: Db;
  /** Runs `write` in a transaction of its own; resolves after the commit has reached the disk. */
  write<Args, Result>(write: Write<Args, Result>, args: Args): Promise<Result>;
  /** What waits for it now, and the connections to it. */
  load(): { waiting: number; connections: number };
  close(): Promise<void>;
}

/** The modules whose exported functions may be given to `Database.write`, by feature. */
export type Stores = Record<string, Record<string, unknown>>;

/** Name of every store function, the same on the main thread and on the writer thread. */
export function nameWrites(stores: Stores): Map<unknown, string> {
  const names = new Map<unknown, string>();
  for (const [feature, store] of Object.entries(stores)) {
    for (const [name, value] of Object.entries(store)) {
      if (typeof value === 'function') names.set(value, `${feature}.${name}`);
    }
  }
  return names;
}
