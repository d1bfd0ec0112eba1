import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

/** What somebody agreed to when joining, as it stood then. */
export const consents: Migration = {
  async up(db: Past) {
    await db.schema
      .createTable('consents')
      .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('href', 'text', (column) => column.notNull())
      .addColumn('given_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('consents_key', ['user_id', 'name'])
      .execute();
  },
};
