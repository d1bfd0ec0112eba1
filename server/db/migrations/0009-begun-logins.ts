import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

export const begunLogins: Migration = {
  async up(db: Past) {
    await db.schema
      .createTable('begun_logins')
      .addColumn('browser_hash', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('email_key', 'text')
      .addColumn('next', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('begun_logins_user').on('begun_logins').column('user_id').execute();
    await db.schema.createIndex('begun_logins_age').on('begun_logins').column('expires_at').execute();
  },
};
