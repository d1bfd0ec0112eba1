import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

/** What the owner of a reply thinks of it. */
export const marks: Migration = {
  async up(db: Past) {
    await db.schema.alterTable('messages').addColumn('mark', 'text').execute();
    await sql`create index messages_marks on messages (id) where mark is not null`.execute(db);
  },
};
