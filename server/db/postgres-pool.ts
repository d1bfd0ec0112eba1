import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { Problem } from '../errors.ts';
import { askFate, BEGIN, FIRST_BEGIN, type TransactionName } from './lost-commit.ts';
import { createPatience, type Patience } from './silence.ts';
import { preparedNames } from './statement.ts';

// Connection exceptions, «too many connections», and what a server says while it starts or stops:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNAVAILABLE = /^(08...|53300|57P0[123])$/;
const CONNECTION_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT']);
/** A unique or a foreign key: somebody was faster. */
const CONFLICTS = new Set(['23505', '23503']);

function unavailable(cause: unknown): Problem {
  return new Problem('database_unavailable', undefined, { retryAfterS: 5, cause });
}

/** Says a lost database as a problem that the client can wait for, and a lost race as a conflict. */
function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (CONFLICTS.has(code)) return new Problem('conflict', undefined, { cause: error });
  const lost = /terminated|not queryable|Connection ended/i.test(error.message);
  return UNAVAILABLE.test(code) || CONNECTION_ERRORS.has(code) || lost ? unavailable(error) : error;
}

/** One connection as kysely sees it. Once it has failed to answer, nothing else is asked of it. */
function translating(database: string, client: pg.PoolClient, patience: Patience): PostgresPoolClient {
  let lost: Problem | undefined;
  /** The transaction that is open. */
  let transaction: TransactionName | undefined;
  let life: string | undefined;
  // Lost between two statements of a transaction it has no query to fail: without a listener that ends the process.
  client.on('error', () => undefined);

  async function query(text: string, values?: unknown[]) {
    if (lost) throw lost;
    try {
      return await patience(client.query({ text, values, name: preparedNames.get(text) }));
    } catch (error) {
      const translated = translate(error);
      if (translated instanceof Problem && translated.code === 'database_unavailable') lost = translated;
      throw translated;
    }
  }

  async function begin() {
    const asked = await query(life === undefined ? FIRST_BEGIN : BEGIN);
    const [begun, named] = asked as unknown as [pg.QueryResult, pg.QueryResult<{ id: string; life?: string }>];
    const row = named.rows[0]!;
    life ??= row.life ?? '';
    transaction = { id: row.id, life };
    return begun;
  }

  /** What was committed is no failure, though nobody could say so any more. */
  async function commit() {
    const sentAt = performance.now();
    try {
      return await query('commit');
    } catch (error) {
      if (lost && transaction && (await askFate(database, transaction, sentAt))) return { command: 'COMMIT', rows: [] };
      throw error;
    }
  }

  return {
    query: (text: string, values?: unknown[]) => {
      if (text === 'begin') return begin();
      return text === 'commit' ? commit() : query(text, values);
    },
    release: (destroy?: boolean) => {
      transaction = undefined;
      client.release(destroy || lost !== undefined);
    },
  } as unknown as PostgresPoolClient;
}

/** The pool as kysely sees it: whatever reads or writes gets our problems. A connection that can't be had is one. */
export function translatingPool(pool: pg.Pool): PostgresPool {
  const database = pool.options.connectionString!;
  const patience = createPatience(database);
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      const connecting = pool.connect();
      const client = await patience(connecting, 'pool').catch((error: unknown) => {
        // It may still come, when nobody waits for it any more.
        connecting.then(
          (late) => late.release(),
          () => undefined,
        );
        throw unavailable(error);
      });
      const known = clients.get(client) ?? translating(database, client, patience);
      clients.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}
