import { Agent, request, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayOf } from '#server/db/clock.ts';
import { eventually, startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { freshPlace, startServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

setGlobalDispatcher(new Agent({ connections: 64, pipelining: 1 }));

/** Sends a POST without what fetch costs: a thousand of them have to be on their way at once. */
async function ask(url: string, client: Client, path: string, content: string) {
  const { statusCode, headers, body } = await request(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ content }),
  });
  return { status: statusCode, headers, body: (await body.json()) as { code?: string } };
}

/** Sets a limit of one user's own. There is no page for it in this part of the house. */
async function limitUser(server: ChatServer, client: Client, limit: number | null): Promise<void> {
  const { id } = (await client.get('/accounts/profile')).body;
  await writeTo(server, `update users set daily_limit = ${limit} where id = ${id}`);
}

describe('a thousand racing requests', () => {
  let server: ChatServer;
  beforeAll(async () => {
    server = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '5', MAX_CONCURRENT_GENERATIONS: '0' } });
  });
  afterAll(() => server.close());

  test('of one member pass exactly five times', { timeout: 60_000 }, async () => {
    const member = await server.join();
    const paths = ['/chat', '/chat/stream'];
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => ask(server.url, member, paths[index % 2]!, `race ${index}`)),
    );
    const accepted = answers.filter(({ status }) => status === 201 || status === 202);
    const refused = answers.filter(({ status }) => status === 429);
    expect([accepted.length, refused.length]).toEqual([5, 995]);
    for (const { body, headers } of refused) {
      expect(body.code).toBe('quota_exhausted');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect([headers['ratelimit-limit'], headers['ratelimit-remaining']]).toEqual(['5', '0']);
      expect(Math.abs(Number(headers['ratelimit-reset']) - Number(headers['retry-after']))).toBeLessThanOrEqual(1);
    }
    const left = accepted.map(({ headers }) => headers['ratelimit-remaining']);
    expect(left.toSorted()).toEqual(['0', '1', '2', '3', '4']);
    await eventually(async () => (server.provider.counts['/v1/chat/completions'] === 5 ? true : undefined));
    expect(await unitsUsed(member)).toBe(5);
    expect((await member.get('/chat')).body.count).toBe(5);
  });

  test('with refunds in between never count below zero or above five', { timeout: 60_000 }, async () => {
    const member = await server.join();
    server.provider.setDefault(({ question }) => (question.endsWith('bad') ? { status: 401 } : {}));
    const seen: number[] = [];
    const over = new AbortController();
    const watching = (async () => {
      while (!over.signal.aborted) seen.push(await unitsUsed(member));
    })();
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const answer = await ask(server.url, member, '/chat', index % 3 === 0 ? 'good' : `${index} bad`);
        return answer.status;
      }),
    );
    over.abort();
    await watching;
    const good = answers.filter((status) => status === 201).length;
    expect(good).toBeLessThanOrEqual(5);
    expect(await unitsUsed(member)).toBe(good);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...seen)).toBeLessThanOrEqual(5);
  });
});

describe('limits', () => {
  let server: ChatServer;
  beforeAll(async () => {
    server = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '2' } });
  });
  afterAll(() => server.close());

  test('the third of two questions is refused until the day ends, and nothing of it is stored', async () => {
    const member = await server.join();
    for (const left of ['1', '0']) {
      const { status, headers } = await member.post('/chat', { content: 'x' });
      expect([status, headers.get('ratelimit-remaining')]).toEqual([201, left]);
    }
    const { status, body, headers } = await member.post('/chat', { content: 'one more' });
    expect([status, body.code, body.status]).toEqual([429, 'quota_exhausted', 429]);
    const { quota } = (await member.get('/accounts/profile')).body;
    expect(quota).toMatchObject({ limit: 2, used: 2, remaining: 0, time_zone: 'Asia/Seoul' });
    const untilReset = (Date.parse(quota.resets_at) - Date.now()) / 1_000;
    expect(Math.abs(Number(headers.get('retry-after')) - untilReset)).toBeLessThan(2);
    expect(new Date(quota.resets_at).toISOString()).toMatch(/T15:00:00\.000Z$/);
    expect((await member.get('/chat?q=one%20more')).body.count).toBe(0);
  });

  test("one user's limit is not another's", async () => {
    const [first, second] = await Promise.all([server.join(), server.join()]);
    for (let index = 0; index < 3; index += 1) await first.post('/chat', { content: 'x' });
    expect((await second.post('/chat', { content: 'x' })).status).toBe(201);
  });

  test("a user's own limit goes before the server's: higher, none, unlimited", async () => {
    const member = await server.join();
    const ask = async () => (await member.post('/chat', { content: 'x' })).status;
    await limitUser(server, member, 3);
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual([201, 201, 201, 429]);
    await limitUser(server, member, 1);
    expect((await member.get('/accounts/profile')).body.quota).toMatchObject({ limit: 1, used: 3, remaining: 0 });
    await limitUser(server, member, 0);
    expect(await ask()).toBe(429);
    await limitUser(server, member, -1);
    expect([await ask(), await ask()]).toEqual([201, 201]);
    expect((await member.get('/accounts/profile')).body.quota).toMatchObject({ limit: null, remaining: null });
    await limitUser(server, member, null);
    expect(await ask()).toBe(429);
  });

  test('a limit of 0 lets nobody ask but administrators, −1 everybody', async () => {
    for (const [limit, status] of [
      ['0', 429],
      ['-1', 201],
    ] as const) {
      const special = await startChatServer({ env: { DAILY_REQUEST_LIMIT: limit } });
      const member = await special.join();
      for (let index = 0; index < 7; index += 1)
        expect((await member.post('/chat', { content: 'x' })).status).toBe(status);
      expect((await special.administrator.post('/chat', { content: 'x' })).status).toBe(201);
      await special.close();
    }
  });
});

describe('answers at once', () => {
  test('more than the setting are refused for a second, and cost no unit', async () => {
    const server = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '4', MAX_CONCURRENT_GENERATIONS: '2' } });
    const member = await server.join();
    server.provider.script({ hold: true }, { hold: true });
    const running = [1, 2].map(() => member.post('/chat', { content: 'x' }));
    await server.provider.request(1);
    const { status, body, headers } = await member.post('/chat', { content: 'third' });
    expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'too_many_generations', '1']);
    expect(headers.get('ratelimit-remaining')).toBe('2');
    expect(await unitsUsed(member)).toBe(2);
    server.provider.release();
    await Promise.all(running);
    expect((await member.post('/chat', { content: 'third' })).status).toBe(201);
    await server.close();
  });

  test('an exhausted quota is said first', async () => {
    const server = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '1', MAX_CONCURRENT_GENERATIONS: '1' } });
    const member = await server.join();
    server.provider.script({ hold: true });
    const running = member.post('/chat', { content: 'x' });
    await server.provider.request(0);
    expect((await member.post('/chat', { content: 'y' })).body.code).toBe('quota_exhausted');
    server.provider.release();
    await running;
    await server.close();
  });

  test.each([
    ['12', undefined, 12],
    ['12', '3', 3],
    ['-1', undefined, 8],
  ])('with a daily limit of %s and a setting of %s there are %i', async (daily, setting, places) => {
    const env = { DAILY_REQUEST_LIMIT: daily, ...(setting ? { MAX_CONCURRENT_GENERATIONS: setting } : {}) };
    const server = await startChatServer({ env });
    const member = await server.join();
    server.provider.setDefault({ hold: true });
    const paths = Array.from({ length: places }, () => '/chat/stream');
    const started = await Promise.all(paths.map((path) => member.post(path, { content: 'x' })));
    expect(started.every(({ status }) => status === 202)).toBe(true);
    const refused = await member.post('/chat/stream', { content: 'x' });
    expect([refused.status, refused.body.code]).toEqual([
      429,
      daily === '12' && places === 12 ? 'quota_exhausted' : 'too_many_generations',
    ]);
    await server.close();
  });
});

describe('the day', () => {
  test('belongs to the zone of the setting: where it is tomorrow already there are new units, and today stays used up', async () => {
    const on = await freshPlace();
    const server = await startServer({ on, env: { DAILY_REQUEST_LIMIT: '2' } });
    // The first account is administrator; the second one has the limit.
    await joinAs(server.url, 'administrator');
    const member = await joinAs(server.url, 'member');
    for (let index = 0; index < 2; index += 1) await member.post('/chat', { content: 'x' });
    expect((await member.post('/chat', { content: 'x' })).status).toBe(429);
    await server.close();

    const today = dayOf(Date.now(), 'Asia/Seoul').day;
    const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Pacific/Auckland', 'America/New_York', 'UTC'];
    const elsewhere = zones.find((zone) => dayOf(Date.now(), zone).day !== today)!;
    const moved = await startServer({ on, env: { DAILY_REQUEST_LIMIT: '2', QUOTA_TIME_ZONE: elsewhere } });
    const there = clientOf(moved.url, member.token);
    const { quota } = (await there.get('/accounts/profile')).body;
    expect(quota).toMatchObject({ used: 0, remaining: 2, time_zone: elsewhere });
    expect((await there.post('/chat', { content: 'x' })).status).toBe(201);
    await moved.close();

    const back = await startServer({ on, env: { DAILY_REQUEST_LIMIT: '2' } });
    const again = clientOf(back.url, member.token);
    expect((await again.get('/accounts/profile')).body.quota).toMatchObject({ used: 2, remaining: 0 });
    expect((await again.post('/chat', { content: 'x' })).status).toBe(429);
    await back.close();
  });
});
