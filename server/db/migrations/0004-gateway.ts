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

async function createKeys(db: Past): Promise<void> {
  await numbered(db, 'api_keys')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('key_hash', 'text', (column) => column.notNull().unique())
    .addColumn('shown', 'text', (column) => column.notNull())
    .addColumn('models', 'text')
    .addColumn('daily_requests', 'bigint')
    .addColumn('tokens_per_minute', 'bigint')
    .addColumn('monthly_budget', 'bigint')
    .addColumn('expires_at', 'bigint')
    .addColumn('response_cache', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .addColumn('token_level', 'bigint', (column) => column.notNull())
    .addColumn('token_level_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('api_keys_user').on('api_keys').column('user_id').execute();
  await db.schema
    .createTable('key_daily_usage')
    .addColumn('key_id', 'bigint', (column) => column.notNull().references('api_keys.id').onDelete('cascade'))
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('used', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('key_daily_usage_key', ['key_id', 'day'])
    .execute();
}

/** Counters that a request is checked against before it costs anything; `scope` is `all` or `key:ID`. */
async function createBudgets(db: Past): Promise<void> {
  await db.schema
    .createTable('budgets')
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('reserved', 'bigint', (column) => column.notNull())
    .addColumn('spent', 'bigint', (column) => column.notNull())
    .addColumn('warned', 'bigint', (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('budgets_key', ['scope', 'month'])
    .execute();
  await numbered(db, 'budget_notices')
    .addColumn('user_id', 'bigint')
    .addColumn('key_id', 'bigint')
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('percent', 'bigint', (column) => column.notNull())
    .addColumn('limit_nano', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('budget_notices_once', ['scope', 'month', 'percent', 'limit_nano'])
    .execute();
}

async function widenLedger(db: Past): Promise<void> {
  const table = () => db.schema.alterTable('ledger');
  const counter = { cache_write_tokens: 0, reasoning_tokens: 0, reserved_cost: 0, reserved_tokens: 0, from_cache: 0 };
  for (const [name, value] of Object.entries(counter)) {
    await table()
      .addColumn(name, 'bigint', (column) => column.notNull().defaultTo(value))
      .execute();
  }
  for (const name of ['key_id', 'cost', 'status', 'begun_at'] as const)
    await table().addColumn(name, 'bigint').execute();
  for (const name of ['endpoint', 'price_list', 'price_version', 'scopes', 'details', 'bot'] as const) {
    await table().addColumn(name, 'text').execute();
  }
  await db.schema.createIndex('ledger_key').on('ledger').columns(['key_id', 'created_at']).execute();
  await db.schema.createIndex('ledger_day').on('ledger').column('day').execute();
  await db.schema
    .createIndex('ledger_open')
    .on('ledger')
    .column('instance_id')
    .where(sql.ref('state'), '=', sql.lit('reserved'))
    .execute();
}

async function createObjects(db: Past): Promise<void> {
  await db.schema
    .createTable('kept_answers')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('route', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('body_hash', 'text', (column) => column.notNull())
    .addColumn('reservation_id', 'bigint', (column) => column.notNull())
    .addColumn('content_type', 'text')
    /** Base64; null while it is being made. */
    .addColumn('answer', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('kept_answers_key', ['user_id', 'route', 'key'])
    .execute();
  await db.schema.createIndex('kept_answers_reservation').on('kept_answers').column('reservation_id').execute();
  await db.schema
    .createTable('provider_objects')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('content', isPostgres(db) ? 'bytea' : 'blob')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('provider_objects_user')
    .on('provider_objects')
    .columns(['user_id', 'kind', 'created_at', 'id'])
    .execute();
}

/** API keys with their limits, money in the ledger, budgets, and the objects that were made through /v1. */
export const gateway: Migration = {
  up: async (db) => {
    await createKeys(db);
    await createBudgets(db);
    await widenLedger(db);
    await createObjects(db);
  },
};
