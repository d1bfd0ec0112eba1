import { Agent, request, setGlobalDispatcher } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { dayOf } from '#server/db/clock.ts';
import { eventually, startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { freshPlace, startServer } from '#test/server.ts';
import { openSocket } from '#test/socket-client.ts';
import { writeTo } from '#test/write-to.ts';

setGlobalDispatcher(new Agent({ connections: 64, pipelining: 1 }));

interface Asked {
  door: string;
  status: number;
  headers: Record<string, string | string[] | undefined>;
  code: string | undefined;
}

/** Sends a POST without what fetch costs: a thousand of them have to be on their way at once. */
async function ask(url: string, client: Client, door: string, question: unknown): Promise<Asked> {
  const { statusCode, headers, body } = await request(url + door, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
  const answer = (await body.json()) as { code?: string; error?: { code?: string } };
  return { door, status: statusCode, headers, code: answer.code ?? answer.error?.code };
}

const completion = (content: string) => ({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] });

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

  test('of one member pass exactly five times, over every door', { timeout: 120_000 }, async () => {
    const member = await server.join();
    const socket = await openSocket(server.url, { authorization: `Bearer ${member.token}` });
    const doors: ((content: string) => Promise<Asked>)[] = [
      (content) => ask(server.url, member, '/chat', { content }),
      (content) => ask(server.url, member, '/chat/stream', { content }),
      (content) => ask(server.url, member, '/v1/chat/completions', completion(content)),
    ];
    const asking = Array.from({ length: 900 }, (_, index) => {
      if (index % 9 === 0) socket.send({ type: 'chat', content: `race ${index}` });
      return doors[index % 3]!(`race ${index}`);
    });
    const answers = await Promise.all(asking);
    let closings = 0;
    const events = await socket.until(({ type }) => (type === 'END' || type === 'ERROR') && (closings += 1) === 100);
    const accepted = answers.filter(({ status }) => [200, 201, 202].includes(status));
    const started = events.filter(({ type }) => type === 'START');
    const refused = answers.filter(({ status }) => status === 429);
    expect(accepted.length + started.length).toBe(5);
    expect(refused.length).toBe(900 - accepted.length);
    for (const { door, code, headers } of refused) {
      expect(code).toBe('quota_exhausted');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      if (door.startsWith('/v1')) continue;
      expect([headers['ratelimit-limit'], headers['ratelimit-remaining']]).toEqual(['5', '0']);
      expect(Math.abs(Number(headers['ratelimit-reset']) - Number(headers['retry-after']))).toBeLessThanOrEqual(1);
    }
    const errors = events.flatMap((event) => (event.type === 'ERROR' ? [event.error.code] : []));
    expect(new Set(errors)).toEqual(new Set(['quota_exhausted']));
    socket.close();
    await eventually(async () => (server.provider.counts['/v1/chat/completions'] === 5 ? true : undefined));
    expect(await unitsUsed(member)).toBe(5);
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
        const answer = await ask(server.url, member, '/chat', { content: index % 3 === 0 ? 'good' : `${index} bad` });
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

  test('a limit of 0 lets nobody ask but administrators', async () => {
    const none = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '0' } });
    const member = await none.join();
    const { status, body, headers } = await member.post('/chat', { content: 'x' });
    expect([status, body.code, headers.get('ratelimit-limit')]).toEqual([429, 'quota_exhausted', '0']);
    expect((await none.administrator.post('/chat', { content: 'x' })).status).toBe(201);
    expect(await unitsUsed(member)).toBe(0);
    await none.close();
  });
});

describe('answers at once', () => {
  let server: ChatServer;
  beforeAll(async () => {
    server = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '4', MAX_CONCURRENT_GENERATIONS: '2' } });
  });
  afterEach(() => server.provider.reset());
  afterAll(() => server.close());

  test('more than the setting are refused for a second, and cost no unit', async () => {
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
  });

  test('an exhausted quota is said first', async () => {
    const member = await server.join();
    await limitUser(server, member, 2);
    server.provider.script({ hold: true }, { hold: true });
    const running = [1, 2].map(() => member.post('/chat', { content: 'x' }));
    await server.provider.request(1);
    expect((await member.post('/chat', { content: 'y' })).body.code).toBe('quota_exhausted');
    server.provider.release();
    await Promise.all(running);
  });

  test('without the setting they are eight, or the daily limit where that is a larger number', async () => {
    const free = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '-1' } });
    free.provider.setDefault({ hold: true });
    for (const [limit, places, code] of [
      [-1, 8, 'too_many_generations'],
      [9, 9, 'quota_exhausted'],
      [200, 20, undefined],
    ] as const) {
      const member = await free.join();
      await limitUser(free, member, limit);
      const asking = Array.from({ length: places }, () => member.post('/chat/stream', { content: 'x' }));
      expect((await Promise.all(asking)).every(({ status }) => status === 202)).toBe(true);
      expect((await member.post('/chat/stream', { content: 'x' })).body.code).toBe(code);
    }
    await free.close();
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
