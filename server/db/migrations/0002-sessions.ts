import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../statement.ts';
import { shipBots } from './0002-shipped-bots.ts';

// Migrations see the schema of their own time, never today's types.
type Past = Kysely<any>; // oxlint-disable-line typescript/no-explicit-any

function numbered<Table extends string>(db: Past, table: Table): CreateTableBuilder<Table, 'id'> {
  return db.schema
    .createTable(table)
    .addColumn('id', isPostgres(db) ? 'bigint' : 'integer', (column) =>
      isPostgres(db) ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey().autoIncrement(),
    );
}

async function extendBots(db: Past): Promise<void> {
  await db.schema.alterTable('bots').addColumn('owner_id', 'bigint').execute();
  await db.schema
    .alterTable('bots')
    .addColumn('greeting', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await db.schema
    .alterTable('bots')
    .addColumn('starters', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute();
  await db.schema
    .alterTable('bots')
    .addColumn('version', 'bigint', (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema.alterTable('bots').addColumn('deleted_at', 'bigint').execute();
  await db.schema
    .createTable('bot_versions')
    .addColumn('bot_id', 'bigint', (column) => column.notNull().references('bots.id').onDelete('cascade'))
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('bot_versions_key', ['bot_id', 'version'])
    .execute();
}

async function extendSessions(db: Past): Promise<void> {
  await db.schema
    .alterTable('sessions')
    .addColumn('intake', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute();
  await db.schema
    .alterTable('sessions')
    .addColumn('titled_by', 'text', (column) => column.notNull().defaultTo('message'))
    .execute();
  await db.schema
    .alterTable('sessions')
    .addColumn('answered', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('messages').addColumn('left_out', 'bigint').execute();
  await db.schema.alterTable('messages').addColumn('citations', 'text').execute();
  await db.schema
    .alterTable('generations')
    .addColumn('free', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`update sessions set answered = 1 where id in (select session_id from messages where role = 'assistant')`.execute(
    db,
  );
  await db.schema
    .createIndex('sessions_recent')
    .on('sessions')
    .columns(['user_id', 'pinned', 'updated_at', 'id'])
    .execute();
  await db.schema
    .createIndex('sessions_public')
    .on('sessions')
    .column('id')
    .where(sql.ref('visibility'), '=', sql.lit('public'))
    .where(sql.ref('answered'), '=', sql.lit(1))
    .execute();
}

async function createBoard(db: Past): Promise<void> {
  await numbered(db, 'quotes')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('speaker', 'text')
    .addColumn('episode', 'text')
    .addColumn('situation', 'text')
    .addColumn('folded', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('is_apply', 'bigint', (column) => column.notNull())
    .addColumn('reply', 'text')
    .addColumn('votes', 'bigint', (column) => column.notNull())
    .addColumn('merged_into', 'bigint', (column) => column.references('quotes.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('applied_at', 'bigint')
    .execute();
  await db.schema.createIndex('quotes_user').on('quotes').columns(['user_id', 'id']).execute();
  await db.schema.createIndex('quotes_votes').on('quotes').columns(['votes', 'id']).execute();
  await db.schema.createIndex('quotes_merged').on('quotes').column('merged_into').execute();
  await db.schema
    .createTable('quote_votes')
    .addColumn('quote_id', 'bigint', (column) => column.notNull().references('quotes.id').onDelete('cascade'))
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('quote_votes_key', ['quote_id', 'user_id'])
    .execute();
  await db.schema.createIndex('quote_votes_user').on('quote_votes').column('user_id').execute();
  await db.schema
    .createTable('quote_grams')
    .addColumn('gram', 'bigint', (column) => column.notNull())
    .addColumn('quote_id', 'bigint', (column) => column.notNull().references('quotes.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('quote_grams_key', ['gram', 'quote_id'])
    .execute();
  await db.schema.createIndex('quote_grams_quote').on('quote_grams').column('quote_id').execute();
  await numbered(db, 'notices')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('quote_id', 'bigint', (column) => column.references('quotes.id').onDelete('cascade'))
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('read_at', 'bigint')
    .execute();
  await db.schema.createIndex('notices_user').on('notices').columns(['user_id', 'id']).execute();
}

async function createPublishing(db: Past): Promise<void> {
  await db.schema
    .createTable('snapshots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('session_id', 'bigint', (column) => column.references('sessions.id').onDelete('set null'))
    .addColumn('user_id', 'bigint', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('author', 'text')
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('bot', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('listed', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .addColumn('hidden_at', 'bigint')
    .execute();
  await db.schema.createIndex('snapshots_session').on('snapshots').column('session_id').execute();
  await db.schema.createIndex('snapshots_user').on('snapshots').column('user_id').execute();
  await db.schema
    .createTable('snapshot_reports')
    .addColumn('snapshot_id', 'text', (column) => column.notNull().references('snapshots.id').onDelete('cascade'))
    .addColumn('reporter', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('snapshot_reports_key', ['snapshot_id', 'reporter'])
    .execute();
}

/** Bots with versions, guided sessions, the quote board with its notices, and published pages. */
export const sessions: Migration = {
  up: async (db) => {
    await extendBots(db);
    await extendSessions(db);
    await createBoard(db);
    await createPublishing(db);
    await shipBots(db);
  },
};
