import { sql } from 'kysely';
import { StartError } from '../../start-error.ts';
import { executedMigrations, migrate, migrations } from '../migrate.ts';
import type { Db } from '../schema.ts';
import { isPostgres } from '../statement.ts';
import { checkBackup, readBackup, type Counts, type TableHeader, type Value } from './backup-file.ts';
import { listTables, setNext } from './tables.ts';

/** Parameters of one insert; SQLite takes 32,766. */
const MOST_PARAMETERS = 10_000;

/**
 * Brings a backup of either kind into an empty database, whole or not at all: to the schema that it was taken from,
 * with every row, and from there to the newest one. `db` checks no foreign keys on SQLite (see `open-plain.ts`).
 */
export async function restoreBackup(db: Db, file: string): Promise<Counts> {
  const { header, counts } = await checkBackup(file);
  const unknown = header.migrations.find((name) => !(name in migrations));
  if (unknown) {
    throw new StartError(
      `${file} was taken by a newer Daesa (${header.server}, ${unknown}); restore it with that one.`,
    );
  }
  await requireEmpty(db, header.migrations);
  await migrate(db, header.migrations);
  await db.transaction().execute(async (trx) => {
    const constraints = await dropForeignKeys(trx);
    for (const { name } of await listTables(trx)) await sql`delete from ${sql.table(name)}`.execute(trx);
    await loadRows(trx, file);
    await restoreForeignKeys(trx, constraints);
    await compareCounts(trx, counts);
    // The index of messages is made anew, behind the first questions.
    await trx.updateTable('settings').set({ value: '0' }).where('name', '=', 'indexed_to').execute();
  });
  await migrate(db);
  return counts;
}

async function requireEmpty(db: Db, wanted: string[]): Promise<void> {
  const present = await executedMigrations(db);
  if (present.length === 0) return;
  const { count } = await db
    .selectFrom('users')
    .select((row) => row.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (count > 0) {
    throw new StartError(`The database holds ${count} accounts already; a backup is restored into an empty one.`);
  }
  if (present.length > wanted.length) {
    throw new StartError('The database has the schema of a newer version; a backup is restored into an empty one.');
  }
}

interface Constraint {
  table: string;
  name: string;
  definition: string;
}

/** Tables refer to each other, so no order of theirs fits; adding the keys again checks every row. */
async function dropForeignKeys(trx: Db): Promise<Constraint[]> {
  if (!isPostgres(trx)) return [];
  const { rows } = await sql<Constraint>`
    select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace`.execute(trx);
  for (const { table, name } of rows) {
    await sql`alter table ${sql.table(table)} drop constraint ${sql.ref(name)}`.execute(trx);
  }
  return rows;
}

async function restoreForeignKeys(trx: Db, constraints: Constraint[]): Promise<void> {
  for (const { table, name, definition } of constraints) {
    await sql`alter table ${sql.table(table)} add constraint ${sql.ref(name)} ${sql.raw(definition)}`.execute(trx);
  }
  if (isPostgres(trx)) return;
  const { rows } = await sql<{ table: string }>`pragma foreign_key_check`.execute(trx);
  if (rows.length > 0) throw new StartError(`${rows.length} rows of ${rows[0]!.table} refer to rows that are missing.`);
}

async function loadRows(trx: Db, file: string): Promise<void> {
  let table: TableHeader | undefined;
  let rows: Record<string, Value>[] = [];
  const insert = async () => {
    if (table && rows.length > 0)
      await trx
        .insertInto(table.table as never)
        .values(rows as never)
        .execute();
    rows = [];
  };
  for await (const part of readBackup(file)) {
    if (Array.isArray(part)) {
      const { columns } = table!;
      rows.push(Object.fromEntries(columns.map((column, index) => [column, part[index]!])));
      if (rows.length * columns.length >= MOST_PARAMETERS) await insert();
      continue;
    }
    await insert();
    table = part;
    if (part.next !== null) await setNext(trx, part.table, part.next);
  }
  await insert();
}

async function compareCounts(trx: Db, counts: Counts): Promise<void> {
  for (const [table, expected] of Object.entries(counts)) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(trx);
    if (rows[0]!.count !== expected) {
      throw new StartError(`${table} has ${rows[0]!.count} rows and should have ${expected}; nothing was restored.`);
    }
  }
}
