import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** Changes rows behind a server's back, for states that its API does not lead to (a dead instance, a lowered limit). */
export async function writeTo(place: { dataDir: string; databaseUrl: string | undefined }, sql: string): Promise<void> {
  if (place.databaseUrl) {
    const client = new pg.Client({ connectionString: place.databaseUrl });
    await client.connect();
    await client.query(sql);
    await client.end();
    return;
  }
  const database = new DatabaseSync(join(place.dataDir, 'daesa.sqlite'), { timeout: 5_000 });
  database.exec(sql);
  database.close();
}
