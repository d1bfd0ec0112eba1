import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../statement.ts';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

/** SQLite merges more parts of the index at a time, and half as often: https://www.sqlite.org/fts5.html */
async function onSqlite(db: Past): Promise<void> {
  await sql`insert into message_grams (message_grams) values ('delete-all')`.execute(db);
  await sql`insert into message_grams (message_grams, rank) values ('automerge', 16)`.execute(db);
  await sql`insert into message_grams (message_grams, rank) values ('crisismerge', 32)`.execute(db);
}

/** Messages have fewer grams, and on PostgreSQL one of their block. The running server indexes all of them anew. */
export const searchBlocks: Migration = {
  up: async (db) => {
    if (isPostgres(db)) await sql`truncate message_grams`.execute(db);
    else await onSqlite(db);
    await db.updateTable('settings').set({ value: '0' }).where('name', '=', 'indexed_to').execute();
  },
};
