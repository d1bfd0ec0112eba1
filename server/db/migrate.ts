import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { initial } from './migrations/0001-initial.ts';
import { sessions } from './migrations/0002-sessions.ts';
import { gateway } from './migrations/0004-gateway.ts';
import { search } from './migrations/0006-search.ts';
import { accounts } from './migrations/0007-accounts.ts';
import { alerts } from './migrations/0008-alerts.ts';
import { begunLogins } from './migrations/0009-begun-logins.ts';
import { assistants } from './migrations/0010-assistants.ts';
import { jobs } from './migrations/0012-jobs.ts';
import { searchBlocks } from './migrations/0013-search-blocks.ts';
import { marks } from './migrations/0014-marks.ts';
import { consents } from './migrations/0015-consents.ts';
import type { Db } from './schema.ts';

/** Every migration in its order. Forward only: a landed one is never changed. */
export const migrations = {
  '0001-initial': initial,
  '0002-sessions': sessions,
  '0004-gateway': gateway,
  '0006-search': search,
  '0007-accounts': accounts,
  '0008-alerts': alerts,
  '0009-begun-logins': begunLogins,
  '0010-assistants': assistants,
  '0012-jobs': jobs,
  '0013-search-blocks': searchBlocks,
  '0014-marks': marks,
  '0015-consents': consents,
};

type Name = keyof typeof migrations;

function migratorOf(db: Db, names: string[] = Object.keys(migrations)): Migrator {
  const chosen = Object.fromEntries(names.map((name) => [name, migrations[name as Name]]));
  return new Migrator({ db, provider: { getMigrations: async () => chosen } });
}

/**
 * Brings the schema to the newest state, or to the one that `names` lead to. Safe when two servers start at once:
 * the migrator locks.
 */
export async function migrate(db: Db, names?: string[]): Promise<void> {
  const { error } = await migratorOf(db, names).migrateToLatest();
  if (error) throw error;
}

/** Names of the migrations that a database has had, in their order. */
export async function executedMigrations(db: Db): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/** Names of the migrations that a start would run. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const executed = new Set(await executedMigrations(db));
  return Object.keys(migrations).filter((name) => !executed.has(name));
}
