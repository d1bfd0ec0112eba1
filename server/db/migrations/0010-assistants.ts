import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../statement.ts';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

/** A table whose rows have a number of their own, and the id that the wire knows them by. */
function numbered<Table extends string>(db: Past, table: Table): CreateTableBuilder<Table, 'id' | 'public_id'> {
  return db.schema
    .createTable(table)
    .addColumn('id', isPostgres(db) ? 'bigint' : 'integer', (column) =>
      isPostgres(db) ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey().autoIncrement(),
    )
    .addColumn('public_id', 'text', (column) => column.notNull().unique());
}

/** An assistant is a bot with an owner, a thread a session, its messages the session's: here stands what those lack. */
async function createThreads(db: Past): Promise<void> {
  await numbered(db, 'assistants')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('bot_id', 'bigint', (column) => column.notNull().references('bots.id'))
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('assistants_user').on('assistants').columns(['user_id', 'id']).execute();
  await db.schema.createIndex('assistants_bot').on('assistants').column('bot_id').execute();
  await db.schema
    .createTable('threads')
    .addColumn('session_id', 'bigint', (column) => column.primaryKey().references('sessions.id').onDelete('cascade'))
    .addColumn('public_id', 'text', (column) => column.notNull().unique())
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('tool_resources', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('threads_user').on('threads').column('user_id').execute();
  await db.schema
    .createTable('thread_messages')
    .addColumn('message_id', 'bigint', (column) => column.primaryKey().references('messages.id').onDelete('cascade'))
    .addColumn('public_id', 'text', (column) => column.notNull().unique())
    .addColumn('content', 'text')
    .addColumn('attachments', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('assistant_id', 'text')
    .addColumn('run_id', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('incomplete_reason', 'text')
    .addColumn('ended_at', 'bigint')
    .execute();
  await db.schema.createIndex('thread_messages_run').on('thread_messages').column('run_id').execute();
}

async function createRuns(db: Past): Promise<void> {
  await numbered(db, 'runs')
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('session_id', 'bigint', (column) => column.notNull().references('sessions.id').onDelete('cascade'))
    .addColumn('prompt_id', 'bigint')
    .addColumn('assistant_id', 'text', (column) => column.notNull())
    .addColumn('key_id', 'bigint')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('last_error', 'text')
    .addColumn('incomplete_reason', 'text')
    .addColumn('prompt_tokens', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('completion_tokens', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('reservation_id', 'bigint')
    .addColumn('instance_id', 'text', (column) => column.notNull())
    .addColumn('idempotency_key', 'text')
    .addColumn('body_hash', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addUniqueConstraint('runs_idempotency', ['user_id', 'idempotency_key'])
    .execute();
  await db.schema.createIndex('runs_session').on('runs').columns(['session_id', 'id']).execute();
  await db.schema
    .createIndex('runs_active')
    .on('runs')
    .column('session_id')
    .unique()
    .where(sql.ref('ended_at'), 'is', null)
    .execute();
  await numbered(db, 'run_steps')
    .addColumn('run_id', 'bigint', (column) => column.notNull().references('runs.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('details', 'text', (column) => column.notNull())
    .addColumn('last_error', 'text')
    .addColumn('prompt_tokens', 'bigint')
    .addColumn('completion_tokens', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .execute();
  await db.schema.createIndex('run_steps_run').on('run_steps').columns(['run_id', 'id']).execute();
}

async function createVectorStores(db: Past): Promise<void> {
  await numbered(db, 'vector_stores')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('expires_days', 'bigint')
    .addColumn('last_active_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('vector_stores_user').on('vector_stores').columns(['user_id', 'id']).execute();
  await numbered(db, 'vector_batches')
    .addColumn('store_id', 'bigint', (column) => column.notNull().references('vector_stores.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('vector_batches_store').on('vector_batches').column('store_id').execute();
  await db.schema
    .createTable('vector_files')
    .addColumn('id', isPostgres(db) ? 'bigint' : 'integer', (column) =>
      isPostgres(db) ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey().autoIncrement(),
    )
    .addColumn('store_id', 'bigint', (column) => column.notNull().references('vector_stores.id').onDelete('cascade'))
    .addColumn('file_id', 'text', (column) => column.notNull().references('provider_objects.id').onDelete('cascade'))
    .addColumn('batch_id', 'bigint', (column) => column.references('vector_batches.id').onDelete('set null'))
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('last_error', 'text')
    .addColumn('usage_bytes', 'bigint', (column) => column.notNull())
    .addColumn('attributes', 'text', (column) => column.notNull())
    .addColumn('chunking', 'text', (column) => column.notNull())
    .addColumn('key_id', 'bigint')
    .addColumn('instance_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('vector_files_once', ['store_id', 'file_id'])
    .execute();
  await db.schema.createIndex('vector_files_file').on('vector_files').column('file_id').execute();
  await db.schema.createIndex('vector_files_batch').on('vector_files').column('batch_id').execute();
  await db.schema
    .createTable('file_chunks')
    .addColumn('vector_file_id', 'bigint', (column) =>
      column.notNull().references('vector_files.id').onDelete('cascade'),
    )
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('embedding', isPostgres(db) ? 'bytea' : 'blob')
    .addPrimaryKeyConstraint('file_chunks_key', ['vector_file_id', 'position'])
    .execute();
}

/** What Assistants v2 keeps beyond bots, sessions and messages. */
export const assistants: Migration = {
  up: async (db) => {
    await createThreads(db);
    await createRuns(db);
    await createVectorStores(db);
  },
};
