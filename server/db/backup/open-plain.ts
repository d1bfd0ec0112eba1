import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect } from 'kysely';
import { StartError } from '../../start-error.ts';
import { lockDataDirectory } from '../data-directory.ts';
import { createPool, requireUsable } from '../postgres.ts';
import { translatingPool } from '../postgres-pool.ts';
import { SQLITE_FILE } from '../sqlite.ts';
import type { Db, Schema } from '../schema.ts';
import { sqliteDialect } from '../sqlite-dialect.ts';

interface Place {
  DATABASE_URL?: string | undefined;
  DATA_DIR: string;
}

/** A connection for upkeep: nothing is migrated, nobody's answers are ended. */
export interface PlainDatabase {
  db: Db;
  close(): Promise<void>;
}

function fileOf({ DATA_DIR }: Place): string {
  return join(resolve(DATA_DIR), SQLITE_FILE);
}

/** Whether there is a database at all: the embedded one is made at the first start. */
export function isThere(place: Place): boolean {
  return place.DATABASE_URL !== undefined || existsSync(fileOf(place));
}

/** To read beside a running server. The transaction of a backup may last longer than a request's. */
export async function openToRead(place: Place): Promise<PlainDatabase> {
  if (place.DATABASE_URL) return openOnPostgres(place.DATABASE_URL);
  if (!isThere(place)) throw new StartError(`There is no database in ${resolve(place.DATA_DIR)}; see DATA_DIR.`);
  return plain(new DatabaseSync(fileOf(place), { readOnly: true, timeout: 5_000 }));
}

/** To change a row or two beside a running server: SQLite lets one in after the other, and nothing is kept in memory. */
export async function openToChange(place: Place): Promise<PlainDatabase> {
  if (place.DATABASE_URL) return openOnPostgres(place.DATABASE_URL);
  return plain(new DatabaseSync(fileOf(place), { enableForeignKeyConstraints: true, timeout: 5_000 }));
}

/** To fill an empty database, with nobody else in it (SQLite). Foreign keys are not checked row by row. */
export async function openToRestore(place: Place): Promise<PlainDatabase> {
  if (place.DATABASE_URL) return openOnPostgres(place.DATABASE_URL);
  const lock = lockDataDirectory(place.DATA_DIR);
  const connection = new DatabaseSync(join(lock.path, SQLITE_FILE), { enableForeignKeyConstraints: false });
  connection.exec('pragma journal_mode = wal; pragma synchronous = full');
  return plain(connection, () => lock.release());
}

function plain(connection: DatabaseSync, release: () => void = () => undefined): PlainDatabase {
  const db: Db = new Kysely<Schema>({ dialect: sqliteDialect(connection) });
  return {
    db,
    close: async () => {
      connection.close();
      release();
    },
  };
}

async function openOnPostgres(url: string): Promise<PlainDatabase> {
  const pool = createPool({ url, poolSize: 2, statementTimeoutMs: 0 });
  await requireUsable(pool);
  const db: Db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: translatingPool(pool) }) });
  return { db, close: () => pool.end() };
}
