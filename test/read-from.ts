import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** Reads rows behind a server's back, such as those that its API does not show. */
export async function readFrom<Row>(
  place: { dataDir: string; databaseUrl: string | undefined },
  sql: string,
): Promise<Row[]> {
  if (place.databaseUrl) {
    const client = new pg.Client({ connectionString: place.databaseUrl });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows as Row[];
  }
  const database = new DatabaseSync(join(place.dataDir, 'daesa.sqlite'), { timeout: 5_000, readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows as Row[];
}
