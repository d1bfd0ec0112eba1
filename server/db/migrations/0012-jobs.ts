import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../statement.ts';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

/** Work that a transaction leaves to be done after it. Alerts on their way, which had a table of their own, go on as such. */
export const jobs: Migration = {
  async up(db: Past) {
    await db.schema
      .createTable('jobs')
      .addColumn('id', isPostgres(db) ? 'bigint' : 'integer', (column) =>
        isPostgres(db) ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey().autoIncrement(),
      )
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('user_id', 'bigint', (column) => column.references('users.id').onDelete('cascade'))
      .addColumn('subject', 'text', (column) => column.unique())
      .addColumn('detail', 'text', (column) => column.notNull())
      .addColumn('attempts', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('due_at', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema.createIndex('jobs_due').on('jobs').column('due_at').execute();
    await db.schema.createIndex('jobs_user').on('jobs').column('user_id').execute();
    await sql`insert into jobs (kind, user_id, detail, attempts, due_at)
      select 'alert_' || channel, user_id, '{"noticeId":' || notice_id || '}', attempts, next_try_at
      from alert_deliveries where ended_at is null order by id`.execute(db);
    await db.schema.dropTable('alert_deliveries').execute();
  },
};
