import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { freshDatabaseUrl } from '#test/databases.ts';
import { createPatience } from './silence.ts';

const soon = { longMs: 100, probeMs: 300 };
const never = new Promise<never>(() => {});

/** An address that takes connections and says nothing: a database that is paused. */
async function startSilence(): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `postgres://127.0.0.1:${(server.address() as AddressInfo).port}/nobody`;
}

test('a database that says nothing to anybody is away', async () => {
  const patience = createPatience(await startSilence(), soon);
  await expect(patience(never)).rejects.toMatchObject({ code: 'database_unavailable', retryAfterS: 5 });
  // What a pool gives from its own is no word of the database.
  const pooled = setInterval(() => void patience(Promise.resolve(), 'pool'), 20);
  await expect(patience(never)).rejects.toMatchObject({ code: 'database_unavailable' });
  clearInterval(pooled);
});

test('a database that answers others is waited for, though it takes no new connection', async () => {
  const patience = createPatience(await startSilence(), soon);
  const others = setInterval(() => void patience(Promise.resolve()), 20);
  expect(await patience(sleep(1_500, 'late'))).toBe('late');
  clearInterval(others);
});

test.runIf(inject('database') === 'postgres')('a process that is busy itself waits for its database', async () => {
  const patience = createPatience((await freshDatabaseUrl())!, { longMs: 100, probeMs: 20 });
  const pause = new Int32Array(new SharedArrayBuffer(4));
  // Each turn of the event loop takes so long that a new connection needs more time than it is given.
  const busy = setInterval(() => void Atomics.wait(pause, 0, 0, 200), 1);
  expect(await patience(sleep(2_000, 'late'))).toBe('late');
  clearInterval(busy);
});
