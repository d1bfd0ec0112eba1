/** Time that Daesa adds to the first token: asked of the provider directly, and through /chat/stream, in turn. */
import { findPostgres, startPostgres } from '#test/postgres.ts';
import { Pool } from 'undici';
import { percentile, stopProcess } from './process.ts';
import { startInstantProvider, startSubject, type Subject } from './subject.ts';

const TIMES = 300;

async function direct(pool: Pool): Promise<number> {
  const began = performance.now();
  const body = JSON.stringify({ model: 'scripted', stream: true, messages: [{ role: 'user', content: 'x' }] });
  const answer = await pool.request({
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  for await (const chunk of answer.body) if (String(chunk).includes('"content"')) break;
  return performance.now() - began;
}

async function through(subject: Subject): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${subject.tokens[0]}` };
  const began = performance.now();
  const started = await subject.pool.request({
    path: '/chat/stream',
    method: 'POST',
    headers,
    body: '{"content":"x"}',
  });
  const { stream_id: id } = (await started.body.json()) as { stream_id: string };
  const answer = await subject.pool.request({ path: `/chat/stream/${id}`, method: 'GET', headers });
  for await (const chunk of answer.body) if (String(chunk).includes('CHUNK')) break;
  return performance.now() - began;
}

const provider = await startInstantProvider();
const pool = new Pool(new URL(provider.ready).origin);
const bin = findPostgres();
const postgres = bin ? await startPostgres(bin) : undefined;
const subjects = [await startSubject({ name: 'sqlite', providerUrl: provider.ready })];
if (postgres) {
  subjects.push(await startSubject({ name: 'postgres', providerUrl: provider.ready, databaseUrl: postgres.url }));
}
for (const subject of subjects) {
  const alone: number[] = [];
  const added: number[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    alone.push(await direct(pool));
    added.push(await through(subject));
  }
  const [one, other] = [percentile(alone, 0.5), percentile(added, 0.5)];
  process.stdout.write(
    `${subject.name.padEnd(9)} provider alone ${one.toFixed(2)} ms · through Daesa ${other.toFixed(2)} ms (two requests) · added ${(other - one).toFixed(2)} ms p50\n`,
  );
  await subject.stop();
}
await pool.close();
await stopProcess(provider.child);
await postgres?.stop();
