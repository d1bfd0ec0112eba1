import { sql } from 'kysely';
import { version } from '../../http/version.ts';
import { executedMigrations } from '../migrate.ts';
import type { Db, Trx } from '../schema.ts';
import { isPostgres } from '../statement.ts';
import { writeBackup, type BackupHeader, type Counts, type TableHeader, type Value } from './backup-file.ts';
import { listTables, readNext, type DataTable } from './tables.ts';

/** Rows of PostgreSQL that are in memory at once; one of them can be a file of 32 MiB. */
const FETCHED = 100;

/**
 * Writes everything as it is at one moment into `file`, while servers go on working. `db` is a connection of its
 * own (see `open-plain.ts`): its transaction lasts as long as the backup takes.
 */
export async function takeBackup(db: Db, file: string): Promise<Counts> {
  const migrations = await executedMigrations(db);
  const kind = isPostgres(db) ? 'postgres' : 'sqlite';
  const header: BackupHeader = { server: version, kind, migrations, created_at: new Date().toISOString() };
  return atOneMoment(db, (trx) => writeBackup(file, header, readAll(trx)));
}

async function atOneMoment<T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  if (isPostgres(db)) {
    return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
  }
  // kysely's own would begin as a writer, and keep the server's from writing.
  await sql`begin`.execute(db);
  try {
    return await work(db);
  } finally {
    await sql`rollback`.execute(db);
  }
}

async function* readAll(db: Db): AsyncGenerator<TableHeader | Value[]> {
  for (const table of await listTables(db)) {
    yield { table: table.name, columns: table.columns, next: await readNext(db, table) };
    const rows = isPostgres(db) ? fetchRows(db, table) : selectRows(db, table);
    for await (const row of rows) yield table.columns.map((column) => row[column]!);
  }
}

type Row = Record<string, Value>;

function rowsOf(db: Db, { name, columns }: DataTable) {
  return sql<Row>`select ${sql.join(columns.map((column) => sql.ref(column)))} from ${sql.table(name)}`.compile(db);
}

function selectRows(db: Db, table: DataTable): AsyncIterable<Row> {
  return (async function* () {
    for await (const row of db.getExecutor().stream<Row>(rowsOf(db, table), 1)) yield* row.rows;
  })();
}

async function* fetchRows(trx: Db | Trx, table: DataTable): AsyncGenerator<Row> {
  await sql`declare backup_rows no scroll cursor for ${sql.raw(rowsOf(trx, table).sql)}`.execute(trx);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(FETCHED)} from backup_rows`.execute(trx);
    yield* rows;
    if (rows.length < FETCHED) break;
  }
  await sql`close backup_rows`.execute(trx);
}
