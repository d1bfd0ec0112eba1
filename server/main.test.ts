import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, test, vi } from 'vitest';
import { joinAs, send } from '#test/client.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import { freshPlace } from '#test/server.ts';
import { startProcess, type ServerProcess } from '#test/server-process.ts';

// Each test starts processes, from the source: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const started: ServerProcess[] = [];
async function start(...args: Parameters<typeof startProcess>): Promise<ServerProcess> {
  const server = await startProcess(...args);
  started.push(server);
  return server;
}
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop('SIGKILL');
});

/** What a start that fails says, and that it fails. */
async function refusedStart(env: Record<string, string>): Promise<string> {
  const server = await start(env);
  expect(await server.ended).toBe(1);
  expect(server.stdout()).toBe('');
  return server.stderr();
}

const onSqlite = inject('database') === 'sqlite';

describe('a start that can not succeed ends with one line', () => {
  test('over a wrong setting', async () => {
    expect(await refusedStart({ PORT: 'eighty' })).toBe('PORT is "eighty"; it takes a whole number from 0 to 65535.\n');
    expect(await refusedStart({ METRICS_TOKEN: 'canary-word' })).toBe(
      'METRICS_TOKEN is a text of 11 characters; it takes a text of at least 16 characters.\n',
    );
  });

  test('over an address that another program has, or that is not of this machine', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await refusedStart({ PORT: String(port) })).toMatch(/^listen EADDRINUSE.*; another program.*set PORT\.\n$/);
    other.close();
    expect(await refusedStart({ HOST: '192.0.2.1' })).toMatch(/^listen EADDRNOTAVAIL.*; set HOST and PORT.*\n$/);
  });

  test.runIf(onSqlite)('over a data directory that is no folder', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'daesa-test-'));
    writeFileSync(join(directory, 'file'), '');
    const line = await refusedStart({ DATA_DIR: join(directory, 'file', 'data') });
    expect(line).toMatch(/^The data directory \S+file\/data can't be used \(ENOTDIR[^\n]+DATA_DIR takes [^\n]+\n$/);
    rmSync(directory, { recursive: true });
  });

  test('over a PostgreSQL that is not there, without showing its password', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => nobody.once('listening', resolve));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const line = await refusedStart({ DATABASE_URL: `postgres://daesa:canary-word@127.0.0.1:${port}/daesa` });
    expect(line).toMatch(/^DATABASE_URL leads to no PostgreSQL that can be used \(connect ECONNREFUSED[^\n]+\n$/);
    expect(line).not.toContain('canary-word');
  });

  test.runIf(onSqlite)('over a data directory that another process has, which is unharmed', async () => {
    const place = await freshPlace();
    const first = await start({}, place);
    const url = await first.ready;
    const person = await joinAs(url, 'person');
    const second = await start({}, place);
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toBe(
      `The data directory ${place.dataDir} is in use by process ${first.child.pid}; stop it first.\n`,
    );
    expect((await person.post('/chat', { content: 'Hi' })).status).toBe(201);
    expect(await first.stop()).toBe(0);
    rmSync(place.dataDir, { recursive: true });
  });
});

describe('a running server', () => {
  test('keeps what was acknowledged through kill -9, and starts again at once', async () => {
    const place = await freshPlace();
    const first = await start({}, place);
    const person = await joinAs(await first.ready, 'person');
    const turn = await person.post('/chat', { content: 'Remember this' });
    expect(await first.stop('SIGKILL')).toBe('SIGKILL');
    const second = await start({}, place);
    const url = await second.ready;
    const found = await send(`${url}/chat/${turn.body.id}`, 'GET', undefined, {
      authorization: `Bearer ${person.token}`,
    });
    expect([found.status, found.body.content, found.body.response]).toEqual([200, 'Remember this', turn.body.response]);
    expect(await second.stop()).toBe(0);
    rmSync(place.dataDir, { recursive: true, force: true });
  });

  test('is not held by connections that ask nothing, or only half a request', async () => {
    const server = await start({ DRAIN_TIMEOUT_MS: '100' });
    const port = Number(new URL(await server.ready).port);
    const [idle, half] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    for (const socket of [idle, half]) socket.on('error', () => undefined);
    await Promise.all([idle, half].map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    half.write('POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"con');
    expect((await send(`http://127.0.0.1:${port}/health/live`, 'GET')).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  test('is not ready and takes no new work while it drains, and what runs is finished', async () => {
    const provider = await startScriptedProvider();
    const server = await start({ OPENAI_BASE_URL: provider.url });
    const url = (await server.ready).replace('localhost', '127.0.0.1');
    const person = await joinAs(url, 'person');
    provider.script({ hold: true, text: 'to the end' });
    const { stream_id: id } = (await person.post('/chat/stream', { content: 'Hi' })).body;
    await expect.poll(() => provider.counts['/v1/chat/completions']).toBe(1);
    const reading = person.get(`/chat/stream/${id}`);
    const stopped = server.stop();
    await expect.poll(async () => (await send(`${url}/health/ready`, 'GET')).status).toBe(503);
    const ready = await send(`${url}/health/ready`, 'GET');
    expect([ready.body.status, ready.headers.get('retry-after')]).toEqual(['stopping', '5']);
    expect((await send(`${url}/health/live`, 'GET')).status).toBe(200);
    for (const refused of [
      await person.post('/chat', { content: 'More' }),
      await person.post('/chat/stream', { content: 'More' }),
      await send(`${url}/accounts/login`, 'POST', { email: person.email, password: 'correct horse 7' }),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([503, 'shutting_down']);
      expect(refused.headers.get('retry-after')).toBe('5');
      expect(refused.headers.get('content-type')).toBe('application/problem+json');
    }
    provider.release();
    const stream = await reading;
    expect(stream.body).toContain('"full_content":"to the end"');
    expect(await stopped).toBe(0);
    await provider.close();
  });
});

describe('the setup code', () => {
  test('is printed by the first start of a server beyond loopback alone, and makes one administrator', async () => {
    const place = await freshPlace();
    const env = { PUBLIC_URL: 'https://daesa.example.com' };
    const first = await start(env, place);
    await first.ready;
    await expect.poll(() => first.stderr()).toContain('setup_code');
    const [code, ...others] = [...first.stderr().matchAll(/setup_code \(shown once\): (\S+)\n/g)].map(([, it]) => it!);
    expect(others).toEqual([]);
    expect(first.stdout()).not.toContain(code);
    // Lines of the log come a fifth of a second late.
    await expect.poll(() => first.stdout()).toContain('"port"');
    const port = /"port":(\d+)/.exec(first.stdout())![1]!;
    const join = (nickname: string) =>
      send(`http://127.0.0.1:${port}/accounts/join`, 'POST', {
        email: `${nickname}@example.com`,
        password: 'correct horse 7',
        nickname,
        setup_code: code,
      });
    expect((await join('one')).body.user.role).toBe('administrator');
    expect((await join('two')).body.code).toBe('setup_code_required');
    expect(await first.stop()).toBe(0);
    const second = await start(env, place);
    await second.ready;
    expect(await second.stop()).toBe(0);
    expect(second.stderr()).not.toContain('setup_code');
    rmSync(place.dataDir, { recursive: true, force: true });
  });

  test('is not lost when the first start ends before it is ready', async () => {
    const place = await freshPlace();
    const failed = await start({ HOST: '192.0.2.1' }, place);
    expect(await failed.ended).toBe(1);
    const second = await start({ HOST: '0.0.0.0' }, place);
    await second.ready;
    await expect.poll(() => second.stderr()).toContain('setup_code');
    expect(await second.stop()).toBe(0);
    rmSync(place.dataDir, { recursive: true, force: true });
  });

  test('is not printed where the server is loopback only, or ADMIN_EMAIL names the administrator', async () => {
    const starts: Record<string, string>[] = [{}, { HOST: '0.0.0.0', ADMIN_EMAIL: 'boss@example.com' }];
    for (const env of starts) {
      const server = await start(env);
      await server.ready;
      // Every signal that asks for a stop is answered alike.
      expect(await server.stop('HOST' in env ? 'SIGINT' : 'SIGHUP')).toBe(0);
      expect(server.stderr()).toMatch(/^Daesa is ready at http:\/\/localhost:\d+\n$/);
    }
  });
});

test('a server whose output nobody reads any more ends all the same', async () => {
  const server = await start();
  await server.ready;
  server.child.stdout!.destroy();
  server.child.stderr!.destroy();
  expect(await server.stop()).toBe(0);
});
