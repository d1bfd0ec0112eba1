import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** More turns of the event loop than a new connection with a password and its first question take. */
const TURNS = 10;
/** When a connection that nobody waits for any more is taken down. */
const CONNECTION_MS = 30_000;

/** Asks one question on a connection of its own, beside the pool. undefined: nothing came in time; rejects where refused. */
export async function askAside<Row>(
  connectionString: string,
  text: string,
  values: string[],
  withinMs: number,
): Promise<Row | undefined> {
  // The client's own limit comes long after ours: to whoever asks, it would look like a refusal, which is a sign of life.
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECTION_MS });
  client.on('error', () => undefined);
  const answered = new AbortController();
  const answer = client.connect().then(async () => {
    const { rows } = await client.query(text, values);
    return rows[0] as Row;
  });
  try {
    return await Promise.race([answer, awake(withinMs, answered.signal)]);
  } finally {
    answered.abort();
    client.end().catch(() => undefined);
  }
}

/** As long as that, of a process that runs: a busy one sees its timers late, and before the answers that have come. */
async function awake(milliseconds: number, signal: AbortSignal): Promise<undefined> {
  try {
    for (let turn = 0; turn < TURNS; turn += 1) await sleep(milliseconds / TURNS, undefined, { signal });
  } catch {
    // The answer has come.
  }
  return undefined;
}
