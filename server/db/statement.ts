import { PostgresAdapter, type Compilable, type CompiledQuery, type Kysely } from 'kysely';
import type { Db, Schema } from './schema.ts';
import { EmbeddedAdapter } from './sqlite-dialect.ts';

type ParameterValue = string | number | null;

/** Which of the two databases `db` speaks to. */
export function isPostgres(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** A query compiled once for each dialect; only its parameters change from call to call. */
export interface Statement<Parameters, Row> {
  all(db: Db, parameters: Parameters): Promise<Row[]>;
  /** The first row, or undefined. */
  first(db: Db, parameters: Parameters): Promise<Row | undefined>;
}

interface Template {
  query: CompiledQuery;
  /** For each place of the SQL: the parameter's name, or a constant of the query. */
  places: (string | { constant: unknown })[];
}

/** Stands for a parameter while kysely builds the query; no value of ours is an instance of it. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** The names under which connections to PostgreSQL keep hot queries prepared, by their text. */
export const preparedNames = new Map<string, string>();

/**
 * A hot query: building and compiling it takes longer than running it, so it is done once.
 * `build` sees each parameter as a value of its type, and must use it only as a value.
 */
export function statement<Parameters extends Record<keyof Parameters, ParameterValue>, Row>(
  build: (db: Kysely<Schema>, parameters: Parameters) => Compilable<Row>,
): Statement<Parameters, Row> {
  const templates: { sqlite?: Template; postgres?: Template } = {};

  function templateFor(db: Db): Template {
    const dialect = isPostgres(db) ? 'postgres' : 'sqlite';
    const known = templates[dialect];
    if (known) return known;
    const placeholders = new Proxy({}, { get: (_target, name) => new Placeholder(String(name)) });
    const query = build(db, placeholders as Parameters).compile();
    const places = query.parameters.map((value) => (value instanceof Placeholder ? value.name : { constant: value }));
    if (dialect === 'postgres') preparedNames.set(query.sql, `daesa_${preparedNames.size}`);
    return (templates[dialect] = { query, places });
  }

  async function all(db: Db, parameters: Parameters): Promise<Row[]> {
    const { query, places } = templateFor(db);
    const values = places.map((place) =>
      typeof place === 'string' ? parameters[place as keyof Parameters] : place.constant,
    );
    const { adapter } = db.getExecutor();
    // What runs synchronously needs none of kysely's turns of the queue for connections, which take as long again.
    if (adapter instanceof EmbeddedAdapter) return adapter.connection.all(query.sql, values) as Row[];
    const result = await db.executeQuery<Row>({ ...query, parameters: values } as CompiledQuery<Row>);
    return result.rows;
  }

  return { all, first: async (db, parameters) => (await all(db, parameters))[0] };
}
