import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs, send, type Answer } from '#test/client.ts';
import { freshDatabaseUrl } from '#test/databases.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await joinAs(server.url, 'first');
});
afterAll(() => server.close());

let number = 0;
function joinWith(body: object = {}, url = server.url, headers?: Record<string, string>): Promise<Answer> {
  number += 1;
  const email = `person-${number}@example.com`;
  return send(
    `${url}/accounts/join`,
    'POST',
    { email, password: 'correct horse 7', nickname: 'Person', ...body },
    headers,
  );
}

const users = (at = server) => at.context.database.read.selectFrom('users').selectAll().execute();

describe('where the terms and the privacy policy are set, joining', () => {
  const [terms, privacy] = ['https://daesa.test/terms', 'https://daesa.test/privacy'];
  let asking: TestServer;
  beforeAll(async () => {
    asking = await startServer({ env: { TERMS_URL: terms, PRIVACY_URL: privacy } });
  });
  afterAll(() => asking.close());

  test('says what is agreed to, and asks for each of them', async () => {
    const consents = [
      { name: 'terms', href: terms },
      { name: 'privacy', href: privacy },
    ];
    for (const path of ['join', 'login']) {
      expect((await send(`${asking.url}/accounts/${path}`, 'GET')).body.consents).toEqual(consents);
    }
    for (const given of [undefined, [], ['terms']]) {
      const refused = await joinWith({ consents: given }, asking.url);
      expect([refused.status, refused.body.errors?.[0].path]).toEqual([422, 'consents']);
      expect(refused.body.detail).toContain(privacy);
    }
    expect(await users(asking)).toEqual([]);
  });

  test('keeps what was agreed to, where it stood, and when', async () => {
    const { body } = await joinWith({ consents: ['privacy', 'terms'] }, asking.url);
    const rows = await asking.context.database.read.selectFrom('consents').selectAll().orderBy('name').execute();
    expect(rows).toEqual([
      { user_id: body.user.id, name: 'privacy', href: privacy, given_at: expect.any(Number) },
      { user_id: body.user.id, name: 'terms', href: terms, given_at: expect.any(Number) },
    ]);
    expect(new Date(rows[0]!.given_at).toISOString()).toBe(body.user.created_at);
  });
});

describe('joining', () => {
  test('says what it needs', async () => {
    const { status, body } = await send(`${server.url}/accounts/join`, 'GET');
    expect(status).toBe(200);
    expect(body.fields.map(({ name }: { name: string }) => name)).toEqual(['email', 'password', 'nickname']);
    expect(body).toMatchObject({ providers: [], setup_code: false, consents: [] });
  });

  test('gives the account and a token that works at once', async () => {
    const answer = await joinWith({ email: ' Mixed.Case@Example.com ' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('set-cookie')).toBeNull();
    const { user, token } = answer.body;
    expect(user).toMatchObject({ email: 'Mixed.Case@Example.com', nickname: 'Person', role: 'member' });
    expect(user.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const profile = await send(`${server.url}/accounts/profile`, 'GET', undefined, {
      authorization: `Bearer ${token}`,
    });
    expect(profile.body).toEqual(user);
  });

  test('keeps an Argon2id hash and a hashed token, never the secrets', async () => {
    const password = 'canary password 9';
    const { body } = await joinWith({ password });
    const row = (await users()).find(({ id }) => id === body.user.id)!;
    expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(row.ip_address).toBe('127.0.0.1');
    const logins = await server.context.database.read
      .selectFrom('logins')
      .selectAll()
      .where('user_id', '=', row.id)
      .execute();
    expect(logins).toHaveLength(1);
    expect(JSON.stringify([row, logins])).not.toContain(body.token);
    expect(JSON.stringify([row, logins])).not.toContain(password);
  });

  test.each([
    ['the same', 'taken@example.com'],
    ['other case', 'TAKEN@Example.COM'],
    ['blanks around', '  taken@example.com '],
    ['full-width letters', 'ｔａｋｅｎ@example.com'],
    ['a compatibility letter', 'taKen@example.com'.replace('K', '\u212a')],
  ])('refuses an address that is taken, written with %s', async (_how, email) => {
    await joinWith({ email: 'taken@example.com' });
    const answer = await joinWith({ email });
    expect([answer.status, answer.body.code]).toEqual([409, 'email_taken']);
  });

  test.each([
    ['no field', {}, { email: undefined, password: undefined, nickname: undefined }, ['email', 'password', 'nickname']],
    ['an address without @', { email: 'example.com' }, {}, ['email']],
    ['an address with a line break', { email: 'a@example.com\r\nBcc: b@example.com' }, {}, ['email']],
    ['an address that turns its text', { email: 'a\u202e@example.com' }, {}, ['email']],
    ['an address of 255 characters', { email: `${'a'.repeat(243)}@example.com` }, {}, ['email']],
    ['a password of 7 characters', { password: '1234567' }, {}, ['password']],
    ['a password of 7 emoji', { password: '🐎'.repeat(7) }, {}, ['password']],
    ['a password of 257 characters', { password: 'a'.repeat(257) }, {}, ['password']],
    ['a blank nickname', { nickname: ' \t ' }, {}, ['nickname']],
    ['a nickname of controls alone', { nickname: '\u202e\u2066' }, {}, ['nickname']],
    ['a nickname of 41 characters', { nickname: 'a'.repeat(41) }, {}, ['nickname']],
    ['numbers', { email: 1, password: 12345678, nickname: true }, {}, ['email', 'password', 'nickname']],
    ['another kind of session', { session: 'forever' }, {}, ['session']],
  ])('names the field of %s', async (_what, body, more, paths) => {
    const before = (await users()).length;
    const answer = await joinWith({ ...body, ...more });
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid']);
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual(paths);
    expect(await users()).toHaveLength(before);
  });

  test.each([
    ['a password of 8 characters', { password: '12345678' }],
    ['a password of 256 characters', { password: '가'.repeat(256) }],
    ['an address of 254 characters', { email: `${'a'.repeat(242)}@example.com` }],
    ['a nickname of one character', { nickname: '가' }],
    ['a nickname of 40 emoji', { nickname: '🐎'.repeat(40) }],
  ])('takes %s', async (_what, body) => {
    expect((await joinWith(body)).status).toBe(201);
  });

  test('takes what turns the text around it out of a nickname, and keeps it on one line', async () => {
    const { body } = await joinWith({ nickname: ' ab\u202ec\u2066d\u2069\n e\u202a ' });
    expect(body.user.nickname).toBe('abcd e');
  });

  test('lets two people have one nickname', async () => {
    expect((await joinWith({ nickname: 'Twin' })).status).toBe(201);
    expect((await joinWith({ nickname: 'Twin' })).status).toBe(201);
  });

  test('ignores fields that are not for the caller to set', async () => {
    const answer = await joinWith({
      id: 999_999,
      role: 'administrator',
      created_at: '2001-01-01T00:00:00.000Z',
      last_login: null,
      daily_limit: 1_000,
      email_verified_at: 1,
      blocked_at: 1,
      password_hash: 'x',
      quota: { limit: null },
      ['__proto__']: { role: 'administrator' },
    });
    expect(answer.status).toBe(201);
    const row = (await users()).find(({ id }) => id === answer.body.user.id)!;
    expect(row).toMatchObject({ role: 'member', daily_limit: null, email_verified_at: null, blocked_at: null });
    expect(row.id).toBeLessThan(999_999);
    expect(row.created_at).toBeGreaterThan(Date.parse('2026-01-01'));
  });
});

describe('the first administrator', () => {
  test('is exactly one where fifty join at once on a server that is loopback only', async () => {
    const fresh = await startServer();
    const answers = await Promise.all(Array.from({ length: 50 }, () => joinWith({}, fresh.url)));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    const roles = (await users(fresh)).filter(({ role }) => role === 'administrator');
    expect(roles).toHaveLength(1);
    expect(answers.filter(({ body }) => body.user.role === 'administrator')).toHaveLength(1);
    const { quota } = answers.find(({ body }) => body.user.role === 'administrator')!.body.user;
    expect(quota).toMatchObject({ limit: null, remaining: null });
    await fresh.close();
  });

  test('is nobody after a refused join, and then the next one', async () => {
    const fresh = await startServer();
    expect((await joinWith({ password: 'short' }, fresh.url)).status).toBe(422);
    expect((await joinWith({}, fresh.url)).body.user.role).toBe('administrator');
    expect((await joinWith({}, fresh.url)).body.user.role).toBe('member');
    await fresh.close();
  });

  const beyondLoopback: [string, Record<string, string>][] = [
    ['a public address', { PUBLIC_URL: 'https://daesa.example.com' }],
    ['every network', { HOST: '0.0.0.0' }],
    ['a trusted proxy', { TRUST_PROXY: '127.0.0.1' }],
  ];
  test.each(beyondLoopback)('needs the setup code on a server with %s, which works once', async (_which, env) => {
    const fresh = await startServer({ env });
    const code = await fresh.context.makeSetupCode();
    expect(code).toMatch(/^[\w-]{16}$/);
    expect(await fresh.context.makeSetupCode()).toBeUndefined();
    expect((await send(`${fresh.url}/accounts/join`, 'GET')).body.setup_code).toBe(true);
    expect((await joinWith({}, fresh.url)).body.user.role).toBe('member');
    const wrong = await joinWith({ setup_code: 'wrong' }, fresh.url);
    expect([wrong.status, wrong.body.code]).toEqual([403, 'setup_code_required']);
    const tries = await Promise.all([1, 2, 3, 4].map(() => joinWith({ setup_code: code }, fresh.url)));
    expect(tries.map(({ status }) => status).toSorted()).toEqual([201, 403, 403, 403]);
    expect(tries.find(({ status }) => status === 201)!.body.user.role).toBe('administrator');
    expect((await send(`${fresh.url}/accounts/join`, 'GET')).body.setup_code).toBe(false);
    await fresh.close();
  });

  test('keeps the code for a second try when the address was taken', async () => {
    const fresh = await startServer({ env: { HOST: '0.0.0.0' } });
    const code = await fresh.context.makeSetupCode();
    await joinWith({ email: 'taken@example.com' }, fresh.url);
    expect((await joinWith({ email: 'taken@example.com', setup_code: code }, fresh.url)).status).toBe(409);
    expect((await joinWith({ setup_code: code }, fresh.url)).body.user.role).toBe('administrator');
    await fresh.close();
  });

  test('is not made a second time when a public server becomes loopback only', async () => {
    const on = { dataDir: mkdtempSync(join(tmpdir(), 'daesa-test-')), databaseUrl: await freshDatabaseUrl() };
    const fresh = await startServer({ on, env: { HOST: '0.0.0.0' } });
    const code = await fresh.context.makeSetupCode();
    await joinWith({ setup_code: code }, fresh.url);
    await fresh.close();
    const again = await startServer({ on });
    expect((await joinWith({}, again.url)).body.user.role).toBe('member');
    await again.close();
    rmSync(on.dataDir, { recursive: true, force: true });
  });
});

describe('joins from one network', () => {
  test('are as many an hour as the setting says; other networks go on', async () => {
    const fresh = await startServer({ env: { TRUST_PROXY: '127.0.0.1', JOINS_PER_NETWORK: '3' } });
    const from = (address: string) => joinWith({}, fresh.url, { 'x-forwarded-for': address });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push(await from('2001:db8:1:2::' + index));
    expect(statuses.map(({ status }) => status)).toEqual([201, 201, 201, 429]);
    expect(Number(statuses[3]!.headers.get('retry-after'))).toBeGreaterThan(3_000);
    expect(statuses[3]!.body.code).toBe('too_many_attempts');
    expect((await from('2001:db8:1:3::1')).status).toBe(201);
    expect((await from('203.0.113.9')).status).toBe(201);
    await fresh.close();
  });
});
