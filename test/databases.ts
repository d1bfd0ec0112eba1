import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import pg from 'pg';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the PostgreSQL that this run started, for the projects that want one. */
    postgresUrl: string | undefined;
    database: 'sqlite' | 'postgres';
  }
}

/** A new, empty PostgreSQL database; undefined where this run is on SQLite. */
export async function freshDatabaseUrl(): Promise<string | undefined> {
  if (inject('database') === 'sqlite') return undefined;
  const server = new URL(inject('postgresUrl')!);
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  server.pathname = `/${name}`;
  return server.href;
}
