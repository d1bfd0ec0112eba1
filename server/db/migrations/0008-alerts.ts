import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../statement.ts';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

function numbered<Table extends string>(db: Past, table: Table): CreateTableBuilder<Table, 'id'> {
  return db.schema
    .createTable(table)
    .addColumn('id', isPostgres(db) ? 'bigint' : 'integer', (column) =>
      isPostgres(db) ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey().autoIncrement(),
    );
}

async function createDeliveries(db: Past): Promise<void> {
  await db.schema.alterTable('budgets').addColumn('limit_nano', 'bigint').execute();
  await db.schema
    .createTable('alert_webhooks')
    .addColumn('user_id', 'bigint', (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await numbered(db, 'alert_deliveries')
    .addColumn('notice_id', 'bigint', (column) => column.notNull().references('budget_notices.id').onDelete('cascade'))
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('attempts', 'bigint', (column) => column.notNull())
    .addColumn('next_try_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('alert_deliveries_open')
    .on('alert_deliveries')
    .column('next_try_at')
    .where(sql.ref('ended_at'), 'is', null)
    .execute();
  await db.schema.createIndex('alert_deliveries_notice').on('alert_deliveries').column('notice_id').execute();
  await db.schema.createIndex('alert_deliveries_user').on('alert_deliveries').column('user_id').execute();
}

async function createAliases(db: Past): Promise<void> {
  await db.schema
    .createTable('model_aliases')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('targets', 'text', (column) => column.notNull())
    .addColumn('shutdown_date', 'text')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute();
}

/** Short-lived keys of realtime sessions, each with the session it opens. */
async function createRealtimeSecrets(db: Past): Promise<void> {
  await db.schema
    .createTable('realtime_secrets')
    .addColumn('secret_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('sealed_token', 'text', (column) => column.notNull())
    .addColumn('session', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('realtime_secrets_age').on('realtime_secrets').column('expires_at').execute();
  await db.schema.createIndex('realtime_secrets_user').on('realtime_secrets').column('user_id').execute();
}

/** Alerts that leave the house, names of models as administrators want them answered, and realtime's short-lived keys. */
export const alerts: Migration = {
  up: async (db) => {
    await createDeliveries(db);
    await createAliases(db);
    await createRealtimeSecrets(db);
  },
};
