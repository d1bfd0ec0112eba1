import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { migrate } from './migrate.ts';
import type { Schema } from './schema.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

interface Column {
  name: string;
  type: string;
  required: boolean;
  primary: boolean;
}

interface Reference {
  column: string;
  table: string;
  onDelete: string;
}

export interface Table {
  name: string;
  columns: Column[];
  references: Reference[];
  /** Column lists that hold each value once. */
  unique: string[];
  /** The statements that make its indexes. */
  indexes: string[];
}

type Row = Record<string, string | number | null>;

/** The tables as all migrations leave them, read from a database in memory. */
export async function describeSchema(): Promise<Table[]> {
  const connection = new DatabaseSync(':memory:');
  await migrate(new Kysely<Schema>({ dialect: sqliteDialect(connection) }));
  const tables = readTables(connection);
  connection.close();
  return tables;
}

function readTables(connection: DatabaseSync): Table[] {
  const rows = (sql: string, ...parameters: string[]) => connection.prepare(sql).all(...parameters) as Row[];
  // Without what the migrator keeps for itself, and without search indexes, which each database has in its own way.
  const ours = `type = 'table' and name not like 'kysely_%' and name not like 'sqlite_%'`;
  const names = rows(`select name from pragma_table_list where schema = 'main' and ${ours} order by name`);
  return names.map(({ name: given }) => {
    const name = String(given);
    return {
      name,
      columns: rows('select * from pragma_table_info(?)', name).map((column) => ({
        name: String(column.name),
        type: String(column.type).toLowerCase(),
        required: column.notnull === 1 || column.pk !== 0,
        primary: column.pk !== 0,
      })),
      references: rows('select * from pragma_foreign_key_list(?) order by "from"', name).map((key) => ({
        column: String(key.from),
        table: String(key.table),
        onDelete: String(key.on_delete).toLowerCase(),
      })),
      unique: rows(
        `select group_concat(info.name, ', ') as names from pragma_index_list(?) as list, pragma_index_info(list.name) as info
         where list.origin = 'u' group by list.name order by names`,
        name,
      ).map(({ names: columns }) => String(columns)),
      indexes: rows(
        `select sql from sqlite_schema where type = 'index' and tbl_name = ? and sql is not null order by name`,
        name,
      ).map(({ sql }) => String(sql)),
    };
  });
}
