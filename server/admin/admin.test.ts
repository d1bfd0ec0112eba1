import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

let server: TestServer & { databaseUrl: string | undefined };
let chief: Client;

beforeAll(async () => {
  server = await startServer({
    env: {
      TRUST_PROXY: '127.0.0.1',
      DAILY_REQUEST_LIMIT: '1',
      NETWORK_BLOCK_MINUTES: '5',
      LOGIN_FAILURES_PER_ACCOUNT: '3',
      LOGIN_FAILURES_PER_NETWORK: '4',
    },
  });
  chief = await joinAs(server.url, 'chief');
  await writeTo(server, `update users set role = 'administrator'`);
});
afterAll(() => server.close());

const idOf = async (client: Client): Promise<number> => (await client.get('/accounts/profile')).body.id;
async function member(nickname = 'member'): Promise<{ client: Client; id: number }> {
  const client = await joinAs(server.url, nickname);
  return { client, id: await idOf(client) };
}
const auditOf = async (id: number): Promise<{ action: string; actor_id: number; actor: string; detail: object }[]> =>
  (await chief.get(`/admin/audit?user=${id}`)).body.results;

describe('administration', () => {
  test('is for administrators: members get 403, nobody 401, and nothing changes', async () => {
    const { client, id } = await member();
    const paths = ['/admin/users', `/admin/users/${id}`, '/admin/networks', '/admin/audit', '/admin/defaults'];
    for (const path of paths) {
      expect((await client.get(path)).status).toBe(403);
      expect((await send(server.url + path, 'GET')).status).toBe(401);
    }
    expect((await client.put(`/admin/users/${id}`, { role: 'administrator' })).status).toBe(403);
    expect((await client.delete(`/admin/users/${id}`)).status).toBe(403);
    expect((await client.post('/admin/networks', { cidr: '203.0.113.0/24', reason: 'x' })).status).toBe(403);
    expect((await chief.get(`/admin/users/${id}`)).body.role).toBe('member');
  });

  test('finds users by a part of address or nickname, by id, role and block', async () => {
    const { client, id } = await member('찾을 사람');
    const find = async (query: string) =>
      (await chief.get(`/admin/users?${query}`)).body.results.map((user: { id: number }) => user.id);
    expect(await find(`q=${encodeURIComponent('찾을')}`)).toEqual([id]);
    expect(await find(`q=${client.email.toUpperCase()}`)).toEqual([id]);
    expect(await find(`q=${id}`)).toContain(id);
    expect(await find('q=%25')).toEqual([]);
    expect(await find('role=administrator')).toEqual([await idOf(chief)]);
    expect(await find('blocked=true')).toEqual([]);
    expect((await chief.get('/admin/users?blocked=maybe')).status).toBe(422);
  });

  test('changes a daily limit at once, without another login, and takes no nonsense', async () => {
    const { client, id } = await member();
    expect((await client.post('/chat', { content: 'one' })).status).toBe(201);
    expect((await client.post('/chat', { content: 'two' })).status).toBe(429);
    expect((await chief.put(`/admin/users/${id}`, { daily_limit: 2 })).body).toMatchObject({
      daily_limit: 2,
      used_today: 1,
    });
    expect((await client.get('/accounts/profile')).body.quota).toMatchObject({ limit: 2, remaining: 1 });
    expect((await client.post('/chat', { content: 'two' })).status).toBe(201);
    for (const limit of ['-2', '1.5', '"3"', '1e309']) {
      expect((await chief.put(`/admin/users/${id}`, `{"daily_limit":${limit}}`)).status).toBe(422);
    }
    expect((await chief.put(`/admin/users/${id}`, { daily_limit: null })).body.daily_limit).toBeNull();
  });

  test('blocks and unblocks: a blocked account can’t log in, and comes back', async () => {
    const { client, id } = await member();
    expect((await chief.put(`/admin/users/${id}`, { blocked: true })).body.blocked).toBe(true);
    const logIn = () =>
      send(`${server.url}/accounts/login`, 'POST', { email: client.email, password: 'correct horse 7' });
    expect((await logIn()).body.code).toBe('blocked');
    expect((await client.get('/accounts/profile')).status).toBe(401);
    await chief.put(`/admin/users/${id}`, { blocked: false });
    expect((await logIn()).status).toBe(200);
  });

  test('logs a user out everywhere and changes nothing else', async () => {
    const { client, id } = await member('wanderer');
    const before = (await chief.get(`/admin/users/${id}`)).body;
    expect((await chief.delete(`/admin/users/${id}/logins`)).status).toBe(204);
    expect((await client.get('/accounts/profile')).status).toBe(401);
    expect((await chief.get(`/admin/users/${id}`)).body).toEqual(before);
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(['user.logins_ended']);
    expect((await chief.delete('/admin/users/999999/logins')).status).toBe(404);
  });

  test('says what there is to administer', async () => {
    const { links } = (await chief.get('/admin')).body;
    expect(links.map(({ rel }: { rel: string }) => rel)).toContain('audit');
    for (const { href } of links) {
      const { pathname, search } = new URL(href);
      expect([pathname, (await chief.get(pathname + search)).status]).toEqual([pathname, 200]);
    }
  });

  test.each(['0', '-1', '01', '1e0', '0x1', '%201', '1.5', 'x'])('knows no user %s', async (id) => {
    expect((await chief.get(`/admin/users/${id}`)).status).toBe(404);
    expect((await chief.put(`/admin/users/${id}`, { daily_limit: 1 })).status).toBe(404);
    expect((await chief.delete(`/admin/users/${id}/logins`)).status).toBe(404);
  });

  test('refuses a change of an older state', async () => {
    const { id } = await member();
    const { revision } = (await chief.get(`/admin/users/${id}`)).body;
    const changes = await Promise.all(
      [7, 8].map((limit) => chief.put(`/admin/users/${id}`, { daily_limit: limit, revision })),
    );
    expect(changes.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect((await auditOf(id)).filter(({ action }) => action === 'user.limit_changed')).toHaveLength(1);
  });

  test('never loses its last administrator, also when two act at the same moment', async () => {
    const me = await idOf(chief);
    for (const change of [{ role: 'member' }, { blocked: true }]) {
      expect((await chief.put(`/admin/users/${me}`, change)).body.code).toBe('last_administrator');
    }
    expect((await chief.delete(`/admin/users/${me}`)).body.code).toBe('last_administrator');
    const { client, id } = await member('second');
    await chief.put(`/admin/users/${id}`, { role: 'administrator' });
    const again = await send(`${server.url}/accounts/login`, 'POST', {
      email: client.email,
      password: 'correct horse 7',
    });
    const second = { authorization: `Bearer ${again.body.token}` };
    const race = await Promise.all([
      chief.put(`/admin/users/${id}`, { role: 'member' }),
      send(`${server.url}/admin/users/${me}`, 'PUT', { role: 'member' }, second),
    ]);
    expect(race.filter(({ status }) => status === 200)).toHaveLength(1);
    await writeTo(server, `update users set role = 'administrator' where id = ${me}`);
    const fresh = await send(`${server.url}/accounts/login`, 'POST', {
      email: chief.email,
      password: 'correct horse 7',
    });
    chief = clientOf(server.url, fresh.body.token, chief.email);
    await writeTo(server, `update users set role = 'member' where id = ${id}`);
  });

  test('ignores fields that are not for it to set', async () => {
    const { id } = await member();
    const before = (await chief.get(`/admin/users/${id}`)).body;
    const answer = await chief.put(`/admin/users/${id}`, {
      id: 1,
      email: 'x@y',
      password_hash: 'x',
      created_at: 0,
      used_today: 9,
      blocked_at: 1,
    });
    expect(answer.body).toEqual({ ...before, revision: before.revision + 1 });
  });

  test('deletes an account, whose lines of the log then name a number that leads nowhere', async () => {
    const { client, id } = await member('leaving');
    await chief.put(`/admin/users/${id}`, { daily_limit: 3 });
    expect((await chief.delete(`/admin/users/${id}`)).status).toBe(204);
    expect((await client.get('/accounts/profile')).status).toBe(401);
    expect((await chief.get(`/admin/users/${id}`)).status).toBe(404);
    expect(await auditOf(id)).toEqual([]);
    const [last] = (await chief.get('/admin/audit?action=user.deleted')).body.results;
    expect(last.subject_id).toBeLessThan(0);
    expect([last.actor, last.subject]).toEqual(['chief', null]);
    expect((await auditOf(last.subject_id)).map(({ action }) => action)).toEqual([
      'user.deleted',
      'user.limit_changed',
    ]);
  });
});

test('what holds for everybody is shown to administrators, with what the month has cost', async () => {
  expect((await chief.get('/admin/defaults')).body).toEqual({
    daily_limit: 1,
    time_zone: 'Asia/Seoul',
    default_model: null,
    month: { name: expect.stringMatching(/^\d{4}-\d\d$/), limit_usd: null, spent_usd: 0 },
  });
});

describe('the audit log', () => {
  test('has one line a change, with who did it, what was and what is', async () => {
    const { id } = await member();
    await chief.put(`/admin/users/${id}`, { role: 'administrator', daily_limit: 9 });
    await chief.put(`/admin/users/${id}`, { role: 'member' });
    const lines = await auditOf(id);
    const me = await idOf(chief);
    expect(lines.map(({ action, actor_id: actor, detail }) => [action, actor, detail])).toEqual([
      ['user.role_changed', me, { from: 'administrator', to: 'member' }],
      ['user.limit_changed', me, { from: null, to: 9 }],
      ['user.role_changed', me, { from: 'member', to: 'administrator' }],
    ]);
    const count = async (action: string) => (await chief.get(`/admin/audit?user=${id}&action=${action}`)).body.count;
    expect(await Promise.all(['user', 'user.role_changed', 'use', 'use_'].map(count))).toEqual([3, 2, 0, 0]);
  });

  test('can’t be changed or shortened, not even in the database', async () => {
    for (const change of [
      'delete from audit_log',
      `update audit_log set action = 'x'`,
      `update audit_log set detail = '{}'`,
      'update audit_log set at = 0',
    ]) {
      await expect(writeTo(server, change)).rejects.toThrow('append-only');
    }
  });
});

describe('a blocked network', () => {
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const ask = async (address: string) =>
    (await send(`${server.url}/health/live`, 'GET', undefined, from(address))).status;

  test('asks nothing until it is unblocked; neighbours go on', async () => {
    const reason = 'scraping';
    const { status, body } = await chief.post('/admin/networks', { cidr: '203.0.113.0/24', reason });
    expect([status, body.cidr, body.reason, body.automatic]).toEqual([201, '203.0.113.0/24', reason, false]);
    expect([await ask('203.0.113.9'), await ask('203.0.114.9')]).toEqual([403, 200]);
    expect((await chief.get('/admin/networks')).body.results).toHaveLength(1);
    expect((await chief.delete(`/admin/networks/${body.id}`)).status).toBe(204);
    expect(await ask('203.0.113.9')).toBe(200);
    expect((await chief.delete(`/admin/networks/${body.id}`)).status).toBe(404);
  });

  test('may be IPv6, is over when its time is, and never holds whoever blocks it', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const { body } = await chief.post('/admin/networks', { cidr: '2001:db8::/32', reason: 'x', expires_at: soon });
    expect([body.expires_at, await ask('2001:db8:1::9'), await ask('2001:db9::1')]).toEqual([soon, 403, 200]);
    await writeTo(server, 'update blocked_networks set expires_at = 1');
    await server.context.networks.refresh();
    expect(await ask('2001:db8:1::9')).toBe(200);
    for (const cidr of ['127.0.0.0/8', '0.0.0.0/0', '203.0.113.0/33', 'x', '::/0', '203.0.113.0/24/1', '']) {
      expect((await chief.post('/admin/networks', { cidr, reason: 'x' })).status).toBe(422);
    }
  });

  test('is one network however it is written, also by a socket that writes IPv4 as IPv6', async () => {
    const first = await chief.post('/admin/networks', { cidr: '192.0.2.9/24', reason: 'x' });
    const again = await chief.post('/admin/networks', { cidr: '::ffff:192.0.2.0/120', reason: 'y' });
    expect(again.body).toMatchObject({ id: first.body.id, cidr: '192.0.2.0/24', reason: 'y' });
    expect([await ask('192.0.2.200'), await ask('::ffff:192.0.2.200')]).toEqual([403, 403]);
    await chief.delete(`/admin/networks/${first.body.id}`);
  });

  test.each(['2099-01-01T00:00:00Z', '2099-01-01T09:00:00+09:00', '2099-01-01T00:00:00.000000Z'])(
    'takes %s for its end',
    async (expires_at) => {
      const { status, body } = await chief.post('/admin/networks', { cidr: '198.18.0.0/16', reason: 'x', expires_at });
      expect([status, body.expires_at]).toEqual([201, '2099-01-01T00:00:00.000Z']);
      await chief.delete(`/admin/networks/${body.id}`);
    },
  );

  test('comes by itself to one that goes on failing past its limit, never to loopback', async () => {
    const { client } = await member('target');
    const fail = (address: string) =>
      send(`${server.url}/accounts/login`, 'POST', { email: client.email, password: 'wrong' }, from(address));
    for (let tries = 0; tries < 12; tries += 1) await fail('198.51.100.7');
    await expect.poll(() => ask('198.51.100.7'), { timeout: 3_000 }).toBe(403);
    expect(await ask('198.51.100.8')).toBe(200);
    const [row] = (await chief.get('/admin/networks')).body.results;
    expect(row).toMatchObject({ cidr: '198.51.100.7/32', automatic: true });
    for (let tries = 0; tries < 12; tries += 1) await fail('127.0.0.1');
    expect(await ask('127.0.0.1')).toBe(200);
    expect((await chief.get('/admin/audit?action=network.blocked')).body.results[0]).toMatchObject({ actor_id: null });
  });
});
