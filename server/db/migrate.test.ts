import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { freshDatabaseUrl } from '#test/databases.ts';
import { freshPlace, startServer } from '#test/server.ts';
import { describeSchema } from './describe-schema.ts';
import { migrate, migrations } from './migrate.ts';
import type { Db, Schema } from './schema.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** An empty database of this run's kind. */
async function emptyDatabase(): Promise<Db> {
  const connectionString = await freshDatabaseUrl();
  if (!connectionString) return new Kysely<Schema>({ dialect: sqliteDialect(new DatabaseSync(':memory:')) });
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }) });
}

/** Everything that a migration can change, as text: columns with kinds and defaults, keys and indexes. */
async function schemaOf(db: Db): Promise<string> {
  const query =
    inject('database') === 'sqlite'
      ? sql`select type, name, sql from sqlite_schema where name not like 'sqlite_%' order by name`
      : sql`select table_name || '.' || column_name as name, data_type, is_nullable,
              regexp_replace(column_default, 'nextval.*', 'next') as preset
            from information_schema.columns where table_schema = 'public'
            union all select indexname, indexdef, '', '' from pg_indexes where schemaname = 'public'
            union all select conname, pg_get_constraintdef(oid), '', '' from pg_constraint
              where connamespace = 'public'::regnamespace
            order by 1, 2`;
  const { rows } = await query.execute(db);
  return JSON.stringify(rows, null, 1);
}

const names = Object.keys(migrations) as (keyof typeof migrations)[];

test('migrations are numbered in their order', () => {
  expect(names).toEqual(names.toSorted());
  for (const name of names) expect(name).toMatch(/^\d{4}-[a-z-]+$/);
  expect(new Set(names.map((name) => name.slice(0, 4))).size).toBe(names.length);
});

test('a second run changes nothing', async () => {
  const db = await emptyDatabase();
  await migrate(db);
  const before = await schemaOf(db);
  const done = await sql`select * from kysely_migration order by name`.execute(db);
  expect(done.rows).toHaveLength(names.length);
  await migrate(db);
  expect(await schemaOf(db)).toBe(before);
  expect((await sql`select * from kysely_migration order by name`.execute(db)).rows).toEqual(done.rows);
  await db.destroy();
});

test('every earlier state leads to the same schema', async () => {
  const whole = await emptyDatabase();
  await migrate(whole);
  const expected = await schemaOf(whole);
  await whole.destroy();
  for (let count = 1; count < names.length; count += 1) {
    const db = await emptyDatabase();
    const earlier = Object.fromEntries(names.slice(0, count).map((name) => [name, migrations[name]]));
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => earlier } }).migrateToLatest();
    expect(error).toBeUndefined();
    await migrate(db);
    expect([names[count], await schemaOf(db)]).toEqual([names[count], expected]);
    await db.destroy();
  }
});

test.runIf(inject('database') === 'postgres')('both databases have the same tables and columns', async () => {
  const db = await emptyDatabase();
  await migrate(db);
  const { rows } = await sql<{ place: string }>`
    select table_name || '.' || column_name as place from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely%'`.execute(db);
  const tables = await describeSchema();
  const embedded = tables.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`));
  const known = new Set(tables.map(({ name }) => name));
  const places = rows.map(({ place }) => place).filter((place) => known.has(place.split('.')[0]!));
  expect(places.toSorted()).toEqual(embedded.toSorted());
  await db.destroy();
});

test.runIf(inject('database') === 'postgres')(
  'four servers that start at once on an empty database all serve it',
  async () => {
    const on = await freshPlace();
    const servers = await Promise.all([1, 2, 3, 4].map(() => startServer({ on })));
    for (const server of servers) expect((await joinAs(server.url, 'person')).token).toMatch(/\S/);
    const secrets = new Set(servers.map(({ context }) => context.secret));
    expect(secrets.size).toBe(1);
    for (const server of servers) await server.close();
  },
);
