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

async function createIdentities(db: Past): Promise<void> {
  await numbered(db, 'identities')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('identities_once', ['provider', 'subject'])
    .addUniqueConstraint('identities_one_each', ['user_id', 'provider'])
    .execute();
  await db.schema
    .createTable('oauth_attempts')
    .addColumn('state_hash', 'text', (column) => column.primaryKey())
    .addColumn('browser_hash', 'text', (column) => column.notNull())
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('code_verifier', 'text', (column) => column.notNull())
    .addColumn('nonce', 'text')
    .addColumn('next', 'text', (column) => column.notNull())
    .addColumn('login_id', 'bigint', (column) => column.references('logins.id').onDelete('cascade'))
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('oauth_attempts_age').on('oauth_attempts').column('expires_at').execute();
  await db.schema.createIndex('oauth_attempts_login').on('oauth_attempts').column('login_id').execute();
}

async function createProofs(db: Past): Promise<void> {
  await db.schema
    .createTable('mail_tokens')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('email_key', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('mail_tokens_user').on('mail_tokens').columns(['user_id', 'purpose']).execute();
  await db.schema
    .createTable('two_factor')
    .addColumn('user_id', 'bigint', (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('enabled_at', 'bigint')
    .addColumn('last_step', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('recovery_codes')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('code_hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_key', ['user_id', 'code_hash'])
    .execute();
}

/** What is written there stays; only who it names can be replaced, by the pseudonym of a deleted account. */
async function keepAudit(db: Past): Promise<void> {
  if (!isPostgres(db)) {
    const refuse = sql.raw("begin select raise(abort, 'the audit log is append-only'); end");
    await sql`create trigger audit_log_no_delete before delete on audit_log ${refuse}`.execute(db);
    await sql`create trigger audit_log_no_change before update of id, at, action, detail on audit_log ${refuse}`.execute(
      db,
    );
    return;
  }
  await sql`create function keep_audit_log() returns trigger language plpgsql as
    $$ begin raise exception 'the audit log is append-only'; end $$`.execute(db);
  await sql`create trigger audit_log_no_delete before delete on audit_log
    for each row execute function keep_audit_log()`.execute(db);
  await sql`create trigger audit_log_no_change before update of id, at, action, detail on audit_log
    for each row execute function keep_audit_log()`.execute(db);
}

async function createAdministration(db: Past): Promise<void> {
  await db.schema
    .alterTable('users')
    .addColumn('revision', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.createIndex('users_created').on('users').columns(['created_at', 'id']).execute();
  await numbered(db, 'blocked_networks')
    .addColumn('cidr', 'text', (column) => column.notNull().unique())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('automatic', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .execute();
  await numbered(db, 'audit_log')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor_id', 'bigint')
    .addColumn('subject_id', 'bigint')
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('ip_address', 'text')
    .execute();
  await db.schema.createIndex('audit_log_subject').on('audit_log').column('subject_id').execute();
  await db.schema.createIndex('audit_log_actor').on('audit_log').column('actor_id').execute();
  await keepAudit(db);
}

/** Logins of other providers, proofs by mail and one-time code, blocked networks and the audit log. */
export const accounts: Migration = {
  up: async (db) => {
    await createIdentities(db);
    await createProofs(db);
    await createAdministration(db);
  },
};
