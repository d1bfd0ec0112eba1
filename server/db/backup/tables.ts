import { sql } from 'kysely';
import type { Db } from '../schema.ts';
import { isPostgres } from '../statement.ts';

/** Left out of backups: which processes live now, and what is made anew from other tables. */
const LEFT_OUT = new Set(['instances', 'message_grams']);

export interface DataTable {
  name: string;
  columns: string[];
  /** Its `id` counts up. */
  counted: boolean;
}

/** The tables that hold data of ours, as this database has them. */
export async function listTables(db: Db): Promise<DataTable[]> {
  const real = await realTables(db);
  const tables = await db.introspection.getTables();
  return tables
    .filter(({ name, isView }) => !isView && !LEFT_OUT.has(name) && real.has(name))
    .map(({ name, columns }) => ({
      name,
      columns: columns.map((column) => column.name),
      counted: columns.some((column) => column.isAutoIncrementing),
    }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Without other schemas of the same PostgreSQL, and without the tables in which SQLite keeps its search indexes. */
async function realTables(db: Db): Promise<Set<string>> {
  const names = isPostgres(db)
    ? sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`
    : sql<{ name: string }>`select name from pragma_table_list where schema = 'main' and type = 'table'`;
  const { rows } = await names.execute(db);
  return new Set(rows.map(({ name }) => name));
}

/** The highest id that a table has ever given: it is not given again, also after deletions. */
export async function readNext(db: Db, { name, counted }: DataTable): Promise<number | null> {
  if (!counted) return null;
  const { rows } = await (
    isPostgres(db)
      ? sql<{
          next: number | null;
        }>`select pg_sequence_last_value(pg_get_serial_sequence(${name}, 'id')::regclass) as next`
      : sql<{ next: number | null }>`select seq as next from sqlite_sequence where name = ${name}`
  ).execute(db);
  // SQLite keeps a 0 where a statement wrote no row at all.
  return rows[0]?.next || null;
}

export async function setNext(db: Db, name: string, next: number): Promise<void> {
  if (isPostgres(db)) {
    await sql`select setval(pg_get_serial_sequence(${name}, 'id'), ${next})`.execute(db);
    return;
  }
  const { numAffectedRows } = await sql`update sqlite_sequence set seq = ${next} where name = ${name}`.execute(db);
  if (numAffectedRows === 0n) await sql`insert into sqlite_sequence (name, seq) values (${name}, ${next})`.execute(db);
}
