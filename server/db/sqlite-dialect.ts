import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely';

/** How many prepared statements a connection keeps; lists with odd filters make new ones. */
const STATEMENT_CACHE_SIZE = 500;

interface Prepared {
  statement: StatementSync;
  returnsRows: boolean;
}

type Parameter = null | number | bigint | string | Uint8Array;

/** One `node:sqlite` connection, as kysely sees it. Every query runs synchronously. */
class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known) return known;
    if (this.#prepared.size >= STATEMENT_CACHE_SIZE) this.#prepared.clear();
    const statement = this.#database.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  /** The rows of a query; none of one that returns none. */
  all(sql: string, parameters: readonly unknown[]): unknown[] {
    const { statement, returnsRows } = this.#prepare(sql);
    if (returnsRows) return statement.all(...(parameters as Parameter[]));
    statement.run(...(parameters as Parameter[]));
    return [];
  }

  // oxlint-disable-next-line require-await -- kysely asks for a promise; the work itself is synchronous
  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, returnsRows } = this.#prepare(query.sql);
    const parameters = query.parameters as Parameter[];
    if (returnsRows) return { rows: statement.all(...parameters) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    for (const row of this.#prepare(query.sql).statement.iterate(...(query.parameters as Parameter[]))) {
      yield { rows: [row as Row] };
    }
  }
}

class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** The connection of a database is known by its adapter, which kysely shows. */
export class EmbeddedAdapter extends SqliteAdapter {
  readonly connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    super();
    this.connection = connection;
  }
  /** Queries never overlap on a synchronous connection, so kysely has nothing to serialise. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
  /** SQLite rolls back DDL like any other statement: a migration lands whole or not at all. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** A kysely dialect over an open `node:sqlite` database, which stays the caller's to close. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  const connection = new SqliteConnection(database);
  return {
    createAdapter: () => new EmbeddedAdapter(connection),
    createDriver: () => new SqliteDriver(connection),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
