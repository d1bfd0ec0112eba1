import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../statement.ts';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

/** A table whose `id` counts up and is never given twice, also after deletions. */
function numbered<Table extends string>(db: Past, table: Table): CreateTableBuilder<Table, 'id'> {
  return db.schema
    .createTable(table)
    .addColumn('id', isPostgres(db) ? 'bigint' : 'integer', (column) =>
      isPostgres(db) ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey().autoIncrement(),
    );
}

async function createAccounts(db: Past): Promise<void> {
  await db.schema
    .createTable('settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('instances')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('heartbeat_at', 'bigint', (column) => column.notNull())
    .execute();
  await numbered(db, 'users')
    .addColumn('email', 'text')
    .addColumn('email_key', 'text', (column) => column.unique())
    .addColumn('email_verified_at', 'bigint')
    .addColumn('nickname', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('daily_limit', 'bigint')
    .addColumn('blocked_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('ip_address', 'text')
    .addColumn('last_login', 'bigint')
    .execute();
  await numbered(db, 'logins')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('ip_address', 'text')
    .addColumn('user_agent', 'text')
    .execute();
  await db.schema.createIndex('logins_user').on('logins').column('user_id').execute();
}

async function createConversations(db: Past): Promise<void> {
  await numbered(db, 'bots')
    .addColumn('slug', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('instructions', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('temperature', 'double precision')
    .addColumn('max_tokens', 'bigint')
    .addColumn('intake', 'text', (column) => column.notNull())
    .addColumn('default_visibility', 'text', (column) => column.notNull())
    .addColumn('reads_quotes', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await numbered(db, 'sessions')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('bot_id', 'bigint', (column) => column.notNull().references('bots.id'))
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('visibility', 'text', (column) => column.notNull())
    .addColumn('system_prompt', 'text')
    .addColumn('pinned', 'bigint', (column) => column.notNull())
    .addColumn('head_id', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('sessions_user').on('sessions').columns(['user_id', 'id']).execute();
  await numbered(db, 'messages')
    .addColumn('session_id', 'bigint', (column) => column.notNull().references('sessions.id').onDelete('cascade'))
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('parent_id', 'bigint')
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('asked', 'bigint', (column) => column.notNull())
    .addColumn('chosen', 'bigint', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('finish_reason', 'text')
    .addColumn('prompt_tokens', 'bigint')
    .addColumn('completion_tokens', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('messages_session').on('messages').columns(['session_id', 'id']).execute();
  await db.schema
    .createIndex('messages_turns')
    .on('messages')
    .columns(['user_id', 'id'])
    .where(sql.ref('asked'), '=', sql.lit(1))
    .execute();
  await db.schema
    .createIndex('messages_replies')
    .on('messages')
    .column('parent_id')
    .where(sql.ref('role'), '=', sql.lit('assistant'))
    .execute();
}

async function createSpending(db: Past): Promise<void> {
  await numbered(db, 'ledger')
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('units', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('instance_id', 'text', (column) => column.notNull())
    .addColumn('prompt_tokens', 'bigint')
    .addColumn('cached_tokens', 'bigint')
    .addColumn('completion_tokens', 'bigint')
    .addColumn('estimated', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('settled_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('ledger_under_way')
    .on('ledger')
    .column('user_id')
    .where(sql.ref('state'), '=', sql.lit('reserved'))
    .execute();
  await db.schema.createIndex('ledger_user').on('ledger').columns(['user_id', 'created_at']).execute();
  await db.schema
    .createTable('daily_usage')
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('used', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('daily_usage_key', ['user_id', 'day'])
    .execute();
  await db.schema
    .createTable('departed_usage')
    .addColumn('address_hash', 'text', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('used', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('departed_usage_key', ['address_hash', 'day'])
    .execute();
}

async function createGenerations(db: Past): Promise<void> {
  await db.schema
    .createTable('generations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('prompt_id', 'bigint', (column) => column.notNull().references('messages.id').onDelete('cascade'))
    .addColumn('reply_id', 'bigint')
    .addColumn('session_id', 'bigint', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('reservation_id', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('instance_id', 'text', (column) => column.notNull())
    .addColumn('stop_requested', 'bigint', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .execute();
  await db.schema.createIndex('generations_prompt').on('generations').column('prompt_id').execute();
  await db.schema
    .createIndex('generations_running')
    .on('generations')
    .column('instance_id')
    .where(sql.ref('state'), '=', sql.lit('running'))
    .execute();
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('route', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('body_hash', 'text', (column) => column.notNull())
    .addColumn('generation_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('idempotency_keys_key', ['user_id', 'route', 'key'])
    .execute();
  await db.schema.createIndex('idempotency_keys_age').on('idempotency_keys').column('created_at').execute();
  await db.schema.createIndex('idempotency_keys_generation').on('idempotency_keys').column('generation_id').execute();
}

async function shipFreeBot(db: Past): Promise<void> {
  const now = Date.now();
  await db
    .insertInto('bots')
    .values({
      slug: 'free',
      name: '자유 대화',
      description: '무엇이든 물어보세요.',
      instructions: '',
      intake: '[]',
      default_visibility: 'private',
      reads_quotes: 0,
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** Accounts, sessions with their messages, spending, generations, and the free bot. */
export const initial: Migration = {
  up: async (db) => {
    await createAccounts(db);
    await createConversations(db);
    await createSpending(db);
    await createGenerations(db);
    await shipFreeBot(db);
  },
};
