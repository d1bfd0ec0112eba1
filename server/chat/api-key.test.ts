import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import { clientOf, type Client } from '#test/client.ts';
import { openSocket } from '#test/socket-client.ts';

let server: ChatServer;
let owner: Client;

beforeAll(async () => {
  server = await startChatServer();
  owner = await server.join();
});
afterAll(() => server.close());

/** A client of the owner's that comes with a key of these limits. */
async function withKey(limits: Record<string, unknown>): Promise<Client> {
  const { status, body } = await owner.post('/keys', { name: 'key', ...limits });
  expect(status).toBe(201);
  return clientOf(server.url, body.key);
}

test("a key's requests of a day narrow its owner's, on every door to the chat", async () => {
  const client = await withKey({ daily_requests: 2 });
  const before = await unitsUsed(owner);
  const { status, headers } = await client.post('/chat', { content: 'x' });
  expect([status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual([201, '2', '1']);
  expect((await client.post('/chat/stream', { content: 'x' })).status).toBe(202);
  for (const path of ['/chat', '/chat/stream']) {
    expect((await client.post(path, { content: 'x' })).body.code).toBe('quota_exhausted');
  }
  const socket = await openSocket(server.url, { authorization: `Bearer ${client.token}` });
  socket.send({ type: 'chat', content: 'x' });
  expect(await socket.next()).toMatchObject({ type: 'ERROR', error: { code: 'quota_exhausted' } });
  socket.close();
  expect((await owner.post('/chat', { content: 'x' })).status).toBe(201);
  expect(await unitsUsed(owner)).toBe(before + 3);
});

test('a key takes only its models, named or by default, and a refusal leaves nothing behind', async () => {
  const client = await withKey({ models: ['gpt-5*'] });
  const before = await unitsUsed(owner);
  const { count } = (await owner.get('/chat')).body;
  for (const model of ['gpt-4o-mini', undefined]) {
    const { status, body } = await client.post('/chat', { content: 'x', model });
    expect([status, body.code]).toEqual([403, 'model_not_allowed']);
  }
  expect(await unitsUsed(owner)).toBe(before);
  expect((await owner.get('/chat')).body.count).toBe(count);
  expect((await client.post('/chat', { content: 'x', model: 'gpt-5-mini' })).status).toBe(201);
});

test('the tokens of a minute are counted in the chat too', async () => {
  const client = await withKey({ tokens_per_minute: 10_000 });
  const ask = (max_tokens: number) => client.post('/chat', { content: 'x', max_tokens });
  expect((await ask(6_000)).status).toBe(201);
  // The answer used 25 tokens of what was set aside.
  expect((await ask(6_000)).status).toBe(201);
  const { status, body, headers } = await ask(10_000);
  expect([status, body.code]).toEqual([429, 'too_many_tokens']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a deleted key asks nothing more', async () => {
  const { body } = await owner.post('/keys', { name: 'short-lived' });
  const client = clientOf(server.url, body.key);
  expect((await client.get('/chat')).status).toBe(200);
  const socket = await openSocket(server.url, { authorization: `Bearer ${body.key}` });
  await owner.delete(`/keys/${body.id}`);
  expect((await client.post('/chat', { content: 'x' })).status).toBe(401);
  expect((await socket.closed).code).toBe(4_401);
});
