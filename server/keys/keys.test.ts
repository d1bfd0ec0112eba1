import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { isWellFormedKey, newKey } from './key-text.ts';

let server: TestServer;
let owner: Client;
let now = Date.now();

beforeAll(async () => {
  server = await startServer({ clock: () => now });
  await joinAs(server.url, 'first');
  owner = await joinAs(server.url, 'owner');
});
afterAll(() => server.close());

async function makeKey(limits: object = {}): Promise<{ id: number; key: string; client: Client }> {
  const made = await owner.post('/keys', { name: 'laptop', ...limits });
  expect(made.status).toBe(201);
  return { id: made.body.id, key: made.body.key, client: clientOf(server.url, made.body.key) };
}

describe('a key', () => {
  test('is shown whole once, and later by its beginning and end', async () => {
    const { id, key } = await makeKey();
    expect(key).toMatch(/^sk-daesa-[0-9A-Za-z]{46}$/);
    const shown = await owner.get(`/keys/${id}`);
    expect(shown.body.shown).toBe(`${key.slice(0, 13)}…${key.slice(-4)}`);
    expect(JSON.stringify((await owner.get('/keys')).body)).not.toContain(key);
    const row = await server.context.database.read
      .selectFrom('api_keys')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(key.slice(14));
  });

  test('has a checksum that finds a mistyped one', () => {
    const { key } = newKey();
    expect(isWellFormedKey(key)).toBe(true);
    const letter = key[20] === 'a' ? 'b' : 'a';
    expect(isWellFormedKey(key.slice(0, 20) + letter + key.slice(21))).toBe(false);
    expect(isWellFormedKey(`${key}A`)).toBe(false);
    expect(isWellFormedKey(key.slice(0, -1))).toBe(false);
  });

  test('asks and reads for its owner, and manages nothing', async () => {
    const { client, id } = await makeKey();
    expect((await client.post('/chat', { content: 'Hello' })).status).toBe(201);
    expect((await client.get('/chat')).status).toBe(200);
    expect((await client.get('/models')).status).toBe(200);
    for (const path of ['/keys', `/keys/${id}`, '/accounts/profile']) {
      expect((await client.get(path)).status).toBe(403);
    }
    expect((await client.post('/keys', { name: 'more' })).status).toBe(403);
    expect((await client.put('/accounts/profile', { nickname: 'taken over' })).status).toBe(403);
    expect((await client.delete(`/keys/${id}`)).status).toBe(403);
  });

  test('is void at once when it is deleted', async () => {
    const { id, client } = await makeKey();
    expect((await client.get('/models')).status).toBe(200);
    expect((await owner.delete(`/keys/${id}`)).status).toBe(204);
    expect((await client.get('/models')).status).toBe(401);
    expect((await owner.get(`/keys/${id}`)).status).toBe(404);
    expect((await owner.delete(`/keys/${id}`)).status).toBe(404);
  });

  test('ends at the instant it expires', async () => {
    const { client } = await makeKey({ expires_at: new Date(now + 3_600_000).toISOString() });
    expect((await client.get('/models')).status).toBe(200);
    now += 3_600_001;
    expect((await client.get('/models')).status).toBe(401);
  });

  test('notes its last use once a minute at most', async () => {
    const { id, client } = await makeKey();
    await client.get('/models');
    const first = (await owner.get(`/keys/${id}`)).body.last_used_at;
    now += 30_000;
    await client.get('/models');
    expect((await owner.get(`/keys/${id}`)).body.last_used_at).toBe(first);
    now += 31_000;
    await client.get('/models');
    expect((await owner.get(`/keys/${id}`)).body.last_used_at).toBe(new Date(now).toISOString());
  });

  test('belongs to its maker: for others it is not there', async () => {
    const { id } = await makeKey();
    const other = await joinAs(server.url, 'other');
    for (const answer of [
      await other.get(`/keys/${id}`),
      await other.put(`/keys/${id}`, { name: 'mine' }),
      await other.delete(`/keys/${id}`),
    ]) {
      expect(answer.status).toBe(404);
    }
    expect((await other.get('/keys')).body.count).toBe(0);
    expect((await send(`${server.url}/keys`, 'GET')).status).toBe(401);
  });
});

describe('the limits of a key', () => {
  test('are changed one by one and taken away by null', async () => {
    const { id } = await makeKey({ daily_requests: 10, monthly_budget_usd: 1.5, models: ['a', 'b', 'a'] });
    const changed = await owner.put(`/keys/${id}`, { daily_requests: null, name: '  new name ' });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      name: 'new name',
      daily_requests: null,
      monthly_budget_usd: 1.5,
      models: ['a', 'b'],
      spent_usd: 0,
    });
  });

  test('that make no sense are refused', async () => {
    for (const limits of [
      { monthly_budget_usd: -1 },
      { monthly_budget_usd: 'NaN' },
      { daily_requests: 1.5 },
      { tokens_per_minute: 0 },
      { models: [] },
      { expires_at: '2001-01-01T00:00:00Z' },
      { expires_at: 'tomorrow' },
      { name: '' },
      { response_cache: 'everybody' },
    ]) {
      expect((await owner.post('/keys', { name: 'x', ...limits })).status).toBe(422);
    }
    expect((await owner.post('/keys', '{"name":"x","monthly_budget_usd":1e309}')).status).toBe(422);
  });

  test('take no field that is not theirs', async () => {
    const { id } = await makeKey({ user_id: 1, id: 99_999, token_level: -5, revoked_at: 1, key_hash: 'x' });
    expect(id).not.toBe(99_999);
    expect((await owner.get(`/keys/${id}`)).status).toBe(200);
  });
});
