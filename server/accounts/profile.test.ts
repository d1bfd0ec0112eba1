import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Answer, type Client } from '#test/client.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

const password = 'correct horse 7';
let provider: ScriptedProvider;
let server: TestServer;
let administrator: Client;
let person: Client;

beforeAll(async () => {
  provider = await startScriptedProvider();
  server = await startServer({ env: { OPENAI_BASE_URL: provider.url } });
  administrator = await joinAs(server.url, 'first');
  person = await joinAs(server.url, 'person');
});
afterAll(async () => {
  await server.close();
  await provider.close();
});

const read = (client: Client) => client.get('/accounts/profile');
const change = (client: Client, body: object) => client.put('/accounts/profile', body);
const logIn = (email: string, secret: string): Promise<Answer> =>
  send(`${server.url}/accounts/login`, 'POST', { email, password: secret });

describe('the profile', () => {
  test('shows the account with what it may still ask today', async () => {
    const { status, headers, body } = await read(person);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(Object.keys(body).toSorted()).toEqual(
      ['created_at', 'email', 'id', 'last_login', 'nickname', 'quota', 'role'].toSorted(),
    );
    expect(body).toMatchObject({ email: person.email, nickname: 'person', role: 'member' });
    expect(body.quota).toMatchObject({ limit: 5, used: 0, remaining: 5, time_zone: 'Asia/Seoul' });
    expect(new Date(body.quota.resets_at).toISOString()).toMatch(/T15:00:00\.000Z$/);
  });

  test('of an unlimited account has no limit, and its answers no RateLimit headers', async () => {
    const { body } = await read(administrator);
    expect(body.quota).toMatchObject({ limit: null, remaining: null });
    const answer = await administrator.post('/chat', { content: 'Hi' });
    expect(answer.status).toBe(201);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  });

  test('is for whoever is logged in', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await send(`${server.url}/accounts/profile`, method, method === 'GET' ? undefined : {});
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  });
});

describe('changing the profile', () => {
  test('takes any subset of the fields, also none', async () => {
    const before = (await read(person)).body;
    expect((await change(person, {})).body).toEqual(before);
    const renamed = await change(person, { nickname: ' 새 이름\u202e ' });
    expect([renamed.status, renamed.body]).toEqual([200, { ...before, nickname: '새 이름' }]);
  });

  test('leaves what is not for the user to set', async () => {
    const before = (await read(person)).body;
    const answer = await change(person, {
      id: 999,
      role: 'administrator',
      created_at: '2001-01-01T00:00:00.000Z',
      daily_limit: 1_000_000,
      blocked_at: null,
      email_verified_at: 1,
      email_key: 'x',
      password_hash: 'x',
      quota: { used: 0, limit: null },
      unknown: { deeply: ['nested'] },
    });
    expect([answer.status, answer.body]).toEqual([200, before]);
    const row = await server.context.database.read
      .selectFrom('users')
      .selectAll()
      .where('id', '=', before.id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ role: 'member', daily_limit: null, email_verified_at: null });
  });

  test.each([
    ['nickname', { nickname: '' }],
    ['nickname', { nickname: 'a'.repeat(41) }],
    ['nickname', { nickname: null }],
    ['email', { email: 'no address', current_password: password }],
    ['password', { password: 'short', current_password: password }],
    ['current_password', { password: 'new horse 77' }],
    ['current_password', { email: 'new@example.com' }],
    ['current_password', { password: 'new horse 77', current_password: 'wrong' }],
    ['current_password', { email: 'new@example.com', current_password: '' }],
  ])('names %s and changes nothing for %o', async (path, body) => {
    const before = (await read(person)).body;
    const answer = await change(person, { nickname: 'Changed', ...body });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
    expect((await read(person)).body).toEqual(before);
  });

  test('moves the login to another address, unless somebody has it', async () => {
    const mover = await joinAs(server.url, 'mover');
    const taken = await change(mover, { email: person.email.toUpperCase(), current_password: password });
    expect([taken.status, taken.body.code]).toEqual([409, 'email_taken']);
    const moved = await change(mover, { email: 'moved@example.com', current_password: password });
    expect([moved.status, moved.body.email]).toEqual([200, 'moved@example.com']);
    expect((await logIn('moved@example.com', password)).status).toBe(200);
    expect((await logIn(mover.email, password)).status).toBe(401);
    const recased = await change(mover, { email: 'Moved@example.com', current_password: password });
    expect([recased.status, recased.body.email]).toEqual([200, 'Moved@example.com']);
  });

  test('of the password ends every other login at once', async () => {
    const changer = await joinAs(server.url, 'changer');
    const elsewhere = clientOf(server.url, (await logIn(changer.email, password)).body.token);
    const answer = await change(changer, { password: 'new horse 77', current_password: password });
    expect(answer.status).toBe(200);
    expect((await read(changer)).status).toBe(200);
    expect((await read(elsewhere)).status).toBe(401);
    expect((await logIn(changer.email, password)).status).toBe(401);
    expect((await logIn(changer.email, 'new horse 77')).status).toBe(200);
  });
});

describe('deleting the account', () => {
  const remove = (client: Client, body?: object) => client.delete('/accounts/profile', body);

  test('needs the current password', async () => {
    for (const body of [undefined, {}, { current_password: 'wrong' }, { current_password: 1 }]) {
      const answer = await remove(person, body);
      expect(answer.status).toBe(422);
      expect(answer.body.errors[0].path).toBe('current_password');
    }
    expect((await read(person)).status).toBe(200);
  });

  test('takes everything along, and leaves a random number in the ledger', async () => {
    const leaver = await joinAs(server.url, 'leaver');
    const { id } = (await read(leaver)).body;
    const elsewhere = clientOf(server.url, (await logIn(leaver.email, password)).body.token);
    const turn = await leaver.post('/chat', { content: 'Keep this secret' }, { 'idempotency-key': 'one' });
    expect(turn.status).toBe(201);
    const answer = await remove(leaver, { current_password: password });
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect((await read(leaver)).status).toBe(401);
    expect((await read(elsewhere)).status).toBe(401);
    expect((await logIn(leaver.email, password)).status).toBe(401);

    const { read: db } = server.context.database;
    const owned = [
      'logins',
      'sessions',
      'messages',
      'generations',
      'daily_usage',
      'idempotency_keys',
      'api_keys',
    ] as const;
    for (const table of owned) {
      const rows = await db.selectFrom(table).selectAll().where('user_id', '=', id).execute();
      expect([table, rows]).toEqual([table, []]);
    }
    expect(await db.selectFrom('users').select('id').where('id', '=', id).execute()).toEqual([]);
    const entries = await db.selectFrom('ledger').select(['user_id', 'units']).where('user_id', '<', 0).execute();
    expect(entries).toEqual([{ user_id: expect.any(Number), units: 1 }]);
    expect((await administrator.get(`/chat/${turn.body.id}`)).status).toBe(404);
  });

  test('does not reset the count of the day for whoever joins again with the address', async () => {
    const email = 'again@example.com';
    const first = await joinAs(server.url, 'again', email);
    for (let asked = 0; asked < 2; asked += 1) expect((await first.post('/chat', { content: 'Hi' })).status).toBe(201);
    await remove(first, { current_password: password });
    const second = await joinAs(server.url, 'again', ' AGAIN@example.com');
    expect((await read(second)).body.quota).toMatchObject({ used: 2, remaining: 3 });
    for (let asked = 0; asked < 3; asked += 1) expect((await second.post('/chat', { content: 'Hi' })).status).toBe(201);
    await remove(second, { current_password: password });
    const third = await joinAs(server.url, 'again', email);
    const refused = await third.post('/chat', { content: 'Hi' });
    expect([refused.status, refused.body.code]).toEqual([429, 'quota_exhausted']);
    const kept = await server.context.database.read.selectFrom('departed_usage').selectAll().execute();
    expect(JSON.stringify(kept)).not.toContain('again');
  });

  test('stops what is being answered', async () => {
    const leaver = await joinAs(server.url, 'leaver');
    const asked = provider.requests.length;
    provider.script({ fault: 'endless', paceMs: 5 });
    const started = await leaver.post('/chat/stream', { content: 'Hi' });
    expect(started.status).toBe(202);
    await provider.request(asked);
    expect((await remove(leaver, { current_password: password })).status).toBe(204);
    expect((await provider.closed(asked)).finished).toBe(false);
    expect(server.context.generations.count).toBe(0);
  });

  test('is refused to the last administrator, who loses nothing by asking', async () => {
    const answer = await remove(administrator, { current_password: password });
    expect([answer.status, answer.body.code]).toEqual([409, 'last_administrator']);
    expect((await read(administrator)).status).toBe(200);
  });

  test('clears the cookie of a browser', async () => {
    const leaver = await joinAs(server.url, 'leaver');
    const headers = { cookie: `daesa=${leaver.token}`, origin: server.url };
    const answer = await send(`${server.url}/accounts/profile`, 'DELETE', { current_password: password }, headers);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/^daesa=; Max-Age=0;/);
  });

  test('leaves one of two administrators who leave at the same moment', async () => {
    const fresh = await startServer();
    const one = await joinAs(fresh.url, 'one');
    const two = await joinAs(fresh.url, 'two');
    await writeTo(fresh, `update users set role = 'administrator' where email = '${two.email}'`);
    const answers = await Promise.all([one, two].map((client) => remove(client, { current_password: password })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409]);
    await fresh.close();
  });
});
