import pg from 'pg';

/** Asks one question on a connection of its own, beside the pool. undefined: nothing came in time; rejects where refused. */
export async function askAside<Row>(
  connectionString: string,
  text: string,
  values: string[],
  withinMs: number,
): Promise<Row | undefined> {
  // The client's own limit comes after ours: to whoever asks, it would look like a refusal, which is a sign of life.
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: withinMs + 1_000 });
  client.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    // A busy process sees its timers before the answers that have come meanwhile: they get their turn first.
    timer = setTimeout(() => setImmediate(resolve, undefined), withinMs);
  });
  const answer = client.connect().then(async () => {
    const { rows } = await client.query(text, values);
    return rows[0] as Row;
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    client.end().catch(() => undefined);
  }
}
