import { Migrator } from 'kysely/migration';
import { initial } from './migrations/0001-initial.ts';
import { sessions } from './migrations/0002-sessions.ts';
import { gateway } from './migrations/0004-gateway.ts';
import { search } from './migrations/0006-search.ts';
import { accounts } from './migrations/0007-accounts.ts';
import type { Db } from './schema.ts';

/** Every migration in its order. Forward only: a landed one is never changed. */
export const migrations = {
  '0001-initial': initial,
  '0002-sessions': sessions,
  '0004-gateway': gateway,
  '0006-search': search,
  '0007-accounts': accounts,
};

/** Brings the schema to the newest state. Safe when two servers start at once: the migrator locks. */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
