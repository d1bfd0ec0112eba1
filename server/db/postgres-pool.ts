import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { Problem } from '../errors.ts';
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

function translating(client: pg.PoolClient): PostgresPoolClient {
  // Lost between two statements of a transaction it has no query to fail: without a listener that ends the process.
  client.on('error', () => undefined);
  return {
    query: async (text: string, values?: unknown[]) => {
      try {
        return await client.query({ text, values, name: preparedNames.get(text) });
      } catch (error) {
        throw translate(error);
      }
    },
    release: (destroy?: boolean) => client.release(destroy),
  } as unknown as PostgresPoolClient;
}

/** The pool as kysely sees it: whatever reads or writes gets our problems. A connection that can't be had is one. */
export function translatingPool(pool: pg.Pool): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw unavailable(error);
      });
      const known = clients.get(client) ?? translating(client);
      clients.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}
