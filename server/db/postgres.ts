import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { StartError } from '../start-error.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { translatingPool } from './postgres-pool.ts';
import type { Db, Schema } from './schema.ts';

export interface PostgresOptions {
  url: string;
  /** Connections of this process, at most. */
  poolSize?: number;
  /** Longest time of one statement; 0: as long as it takes. */
  statementTimeoutMs?: number;
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html: a serialisation failure and a deadlock
// leave nothing behind and succeed when tried again.
const RETRIED = new Set(['40001', '40P01']);
/** As `server_version_num` says it. */
const OLDEST_VERSION = 150_000;

function numberParsers(oid: number, format?: 'text' | 'binary') {
  // int8 and numeric (sums of int8) come as text; every value of ours fits a double exactly.
  if (oid === 20 || oid === 1700) return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}

/** Says in one line, without the address and its password, why the database can't be used at all. */
export async function requireUsable(pool: pg.Pool): Promise<void> {
  try {
    const { rows } = await pool.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    if (rows[0]!.version < OLDEST_VERSION) throw new Error(`it is PostgreSQL ${Math.floor(rows[0]!.version / 10_000)}`);
  } catch (error) {
    await pool.end();
    // A name with several addresses fails with one error each, and no message of its own.
    const first = error instanceof AggregateError ? error.errors[0] : error;
    const reason = first instanceof Error ? first.message : String(first);
    throw new StartError(`DATABASE_URL leads to no PostgreSQL that can be used (${reason}); it takes one from 15 on.`);
  }
}

export function createPool(options: PostgresOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? 16,
    // A silent database is noticed sooner (silence.ts); a busy one is waited for.
    connectionTimeoutMillis: 10_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    types: { getTypeParser: numberParsers },
  });
  // A connection that breaks while idle is replaced at the next use.
  pool.on('error', () => {});
  return pool;
}

/** Opens (and migrates) a PostgreSQL database. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const pool = createPool(options);
  await requireUsable(pool);
  const read: Db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: translatingPool(pool) }) });
  await migrate(read);
  return {
    kind: 'postgres',
    read,
    write: async (write, args) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await read.transaction().execute((trx) => write(trx, args));
        } catch (error) {
          const retried = error instanceof Error && 'code' in error && RETRIED.has(String(error.code));
          if (!retried || attempt === 5) throw error;
        }
      }
    },
    load: () => ({ waiting: pool.waitingCount, connections: pool.totalCount }),
    close: () => read.destroy(),
  };
}
