import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { joinAs, send, type Client } from '#test/client.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let administrator: Client;
let member: Client;

beforeAll(async () => {
  server = await startServer({ env: { TRUST_PROXY: '' } });
  administrator = await joinAs(server.url, 'administrator');
  member = await joinAs(server.url, 'member');
});
afterAll(() => server.close());

const isoInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test('the first address says what this is', async () => {
  const { status, body } = await send(`${server.url}/`, 'GET');
  expect([status, body]).toEqual([
    200,
    {
      service: 'daesa',
      status: 'running',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      timestamp: expect.stringMatching(isoInstant),
    },
  ]);
});

describe('health', () => {
  test('is healthy with the demo model, and says how the process is', async () => {
    const { status, headers, body } = await send(`${server.url}/health`, 'GET');
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toMatchObject({ status: 'healthy', openai_api: 'demo', database: 'connected' });
    expect(body.timestamp).toMatch(isoInstant);
    expect(body.uptime_s).toBeGreaterThanOrEqual(0);
    expect(body.memory_bytes).toBeGreaterThan(10_000_000);
  });

  test('asks the provider once, however many want to know', async () => {
    const provider = await startScriptedProvider();
    const asking = await startServer({ env: { OPENAI_BASE_URL: provider.url } });
    const before = provider.counts['/v1/models'] ?? 0;
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(`${asking.url}/health`, 'GET')));
    for (const { status, body } of answers) {
      expect([status, body.status, body.openai_api]).toEqual([200, 'healthy', 'connected']);
    }
    expect((provider.counts['/v1/models'] ?? 0) - before).toBe(1);
    await asking.close();
    await provider.close();
  });

  test('is degraded while the provider is down; everything but answers goes on, and it is ready', async () => {
    const provider = await startScriptedProvider();
    await provider.close();
    const asking = await startServer({ env: { OPENAI_BASE_URL: provider.url } });
    const { status, body } = await send(`${asking.url}/health`, 'GET');
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ status: 'degraded', openai_api: 'disconnected', database: 'connected' }),
    ]);
    expect((await send(`${asking.url}/health/ready`, 'GET')).status).toBe(200);
    const person = await joinAs(asking.url, 'person');
    expect((await person.get('/chat')).status).toBe(200);
    await asking.close();
  });

  test('of a process and of its readiness can be asked apart', async () => {
    const live = await send(`${server.url}/health/live`, 'GET');
    const ready = await send(`${server.url}/health/ready`, 'GET');
    expect([live.status, live.body]).toEqual([200, { status: 'live' }]);
    expect([ready.status, ready.body]).toEqual([200, { status: 'ready' }]);
  });

  test.runIf(inject('database') === 'postgres')(
    'is unhealthy without the database, and the process lives on',
    async () => {
      const losing = await startServer();
      const person = await joinAs(losing.url, 'person');
      const address = new URL(losing.databaseUrl!);
      const name = address.pathname.slice(1);
      const client = new pg.Client({ connectionString: inject('postgresUrl') });
      await client.connect();
      await client.query(`alter database ${name} with allow_connections false`);
      await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
      await expect.poll(async () => (await send(`${losing.url}/health`, 'GET')).status).toBe(503);
      const { body } = await send(`${losing.url}/health`, 'GET');
      expect(body).toMatchObject({ status: 'unhealthy', database: 'disconnected' });
      expect((await send(`${losing.url}/health/ready`, 'GET')).body).toEqual({ status: 'unhealthy' });
      expect((await send(`${losing.url}/health/live`, 'GET')).status).toBe(200);
      const refused = await person.get('/accounts/profile');
      expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      await client.query(`alter database ${name} with allow_connections true`);
      await client.end();
      await expect.poll(async () => (await person.get('/accounts/profile')).status).toBe(200);
      expect((await send(`${losing.url}/health`, 'GET')).body.status).toBe('healthy');
      await losing.close();
    },
  );
});

describe('metrics', () => {
  const read = (headers: Record<string, string> = {}, url = server.url) =>
    send(`${url}/metrics`, 'GET', undefined, headers);

  test('count requests by route, never by address, and the answers being written', async () => {
    await member.get('/chat/9876501234567');
    await send(`${server.url}/no-such-page-9876501234567`, 'GET');
    const { status, headers, body } = await read();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toMatch(/daesa_http_requests_total\{method="GET",route="\/chat\/:id",status="404"\} \d+/);
    expect(body).toMatch(/daesa_http_requests_total\{method="GET",route="unknown",status="404"\} \d+/);
    expect(body).toMatch(/^daesa_generations_open 0$/m);
    expect(body).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(body).not.toContain('9876501234567');
  });

  test('are for administrators, and for this machine itself', async () => {
    expect((await read({ authorization: `Bearer ${administrator.token}` })).status).toBe(200);
    expect((await read({ cookie: `daesa=${administrator.token}` })).status).toBe(200);
    const key = (await administrator.post('/keys', { name: 'key' })).body.key;
    const others: Record<string, string>[] = [
      { authorization: `Bearer ${member.token}` },
      { authorization: 'Bearer wrong' },
      { authorization: 'Basic YTpi' },
      { authorization: `Bearer ${key}` },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1' },
      { 'x-real-ip': '127.0.0.1' },
      { 'x-forwarded-proto': 'https' },
      { 'x-forwarded-host': 'localhost' },
      { via: '1.1 proxy' },
    ];
    for (const headers of others) {
      const answer = await read(headers);
      expect([headers, answer.status, answer.body.code]).toEqual([headers, 401, 'unauthenticated']);
    }
  });

  test('ask for the token where there is one, and for an administrator where the server is public', async () => {
    const token = 'a token for the scraper';
    const scraped = await startServer({ env: { METRICS_TOKEN: token.replaceAll(' ', '-') } });
    const [first] = [await joinAs(scraped.url, 'administrator')];
    expect((await read({ authorization: `Bearer ${token.replaceAll(' ', '-')}` }, scraped.url)).status).toBe(200);
    expect((await read({ authorization: `Bearer ${first.token}` }, scraped.url)).status).toBe(200);
    expect((await read({}, scraped.url)).status).toBe(401);
    expect((await read({ authorization: `Bearer ${token.slice(0, -1)}` }, scraped.url)).status).toBe(401);
    expect((await send(`${scraped.url}/metrics?token=${token}`, 'GET')).status).toBe(401);
    await scraped.close();
    const open = await startServer({ env: { PUBLIC_URL: 'https://daesa.example.com' } });
    expect((await read({}, open.url)).status).toBe(401);
    await open.close();
  });
});

test('the models and which one answers by default are shown to whoever is logged in', async () => {
  const { status, body } = await member.get('/models');
  expect(status).toBe(200);
  expect(body.models.length).toBeGreaterThan(0);
  expect(body.models.map(({ id }: { id: string }) => id)).toContain(body.default);
  expect((await send(`${server.url}/models`, 'GET')).status).toBe(401);
});
