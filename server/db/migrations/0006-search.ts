import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../statement.ts';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

/** An inverted index of the database's own, over numbers: grams say which messages may hold a text. */
async function onPostgres(db: Past): Promise<void> {
  await sql`create table message_grams (
    message_id bigint primary key references messages(id) on delete cascade,
    grams int4[] not null
  )`.execute(db);
  await sql`create index message_grams_grams on message_grams using gin (grams)`.execute(db);
}

/** FTS5 keeps the numbers as words; without the text itself, and without their places in it. */
async function onSqlite(db: Past): Promise<void> {
  await sql`create virtual table message_grams using fts5(
    grams, content='', contentless_delete=1, detail='none', tokenize='ascii'
  )`.execute(db);
  await sql`create trigger messages_unindexed after delete on messages begin
    delete from message_grams where rowid = old.id;
  end`.execute(db);
}

/** Search over messages: the index, and how far it has come. */
export const search: Migration = {
  up: async (db) => {
    if (isPostgres(db)) await onPostgres(db);
    else await onSqlite(db);
    await db.insertInto('settings').values({ name: 'indexed_to', value: '0' }).execute();
  },
};
