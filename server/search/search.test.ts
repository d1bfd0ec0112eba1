import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { indexMessages, readIndexedTo } from './index.store.ts';
import { snippetOf } from './snippet.ts';

let server: TestServer;
let owner: Client;
let other: Client;
let nobody: Client;

beforeAll(async () => {
  server = await startServer({ env: { DAILY_REQUEST_LIMIT: '100' } });
  await joinAs(server.url, 'administrator');
  owner = await joinAs(server.url, 'owner');
  other = await joinAs(server.url, 'other');
  nobody = clientOf(server.url, '');
});
afterAll(() => server.close());

/** Indexes everything there is, however new. */
async function indexAll(): Promise<void> {
  const { database } = server.context;
  while ((await database.write(indexMessages, { limit: 100, now: Date.now() + 60_000 })) > 0);
}

const find = async (client: Client, q: string, path = '/chat') => {
  const sign = path.includes('?') ? '&' : '?';
  return (await client.get(`${path}${sign}q=${encodeURIComponent(q)}`)).body;
};

/** The rules of search hold for what is indexed and for what is too new to be. */
async function bothWays(check: () => Promise<void>): Promise<void> {
  await check();
  await indexAll();
  await check();
}

test('two syllables and three letters are found anywhere in a word, however they are written', async () => {
  const { body } = await owner.post('/chat', { content: '어제 스토브리그를 다시 봤어요. Understanding Café 100%' });
  await bothWays(async () => {
    for (const q of ['브리', '토브리그', '브리'.normalize('NFD'), 'STAND', 'café'.normalize('NFD'), '0%', '다시  봤']) {
      expect((await find(owner, q)).results.map(({ id }: { id: number }) => id)).toContain(body.id);
    }
    for (const q of ['브그', 'standerung', '%_%']) expect((await find(owner, q)).count).toBe(0);
  });
});

test('a hit is shown with what is around it', async () => {
  await owner.post('/chat', { content: '앞에 있는 말 찾을말 뒤에 있는 말' });
  expect((await find(owner, '찾을말')).results[0].match).toEqual({
    before: '앞에 있는 말 ',
    hit: '찾을말',
    after: ' 뒤에 있는 말',
  });
  expect(snippetOf('<b>ABC</b>\n*', 'bc</B> *')).toEqual({ before: '<b>A', hit: 'BC</b> *', after: '' });
});

test('nobody finds another user’s private messages, and a public session as long as it is public', async () => {
  const { body } = await owner.post('/chat', { content: '비밀스러운 자두나무 이야기' });
  await indexAll();
  const path = `/sessions/${body.session_id}`;
  const ids = async (client: Client, list: string) =>
    (await find(client, '자두나무', list)).results.map(({ id }: { id: number }) => id);
  expect(await ids(owner, '/sessions?mine=true')).toEqual([body.session_id]);
  for (const client of [other, nobody]) expect(await ids(client, '/sessions')).toEqual([]);
  expect(await ids(other, '/chat')).toEqual([]);
  expect(await ids(other, '/sessions?mine=true')).toEqual([]);
  await owner.patch(path, { visibility: 'public' });
  for (const client of [other, nobody]) expect(await ids(client, '/sessions')).toEqual([body.session_id]);
  await owner.patch(path, { visibility: 'private' });
  for (const client of [other, nobody]) expect(await ids(client, '/sessions')).toEqual([]);
});

test('a title is found as well, and a deleted message is not', async () => {
  const { body } = await owner.post('/chat', { content: '평범한 살구 질문' });
  await owner.patch(`/sessions/${body.session_id}`, { title: '모과차 끓이기' });
  await indexAll();
  expect((await find(owner, '모과', '/sessions?mine=true')).results[0]).toMatchObject({
    id: body.session_id,
    match: null,
  });
  await owner.delete(`/chat/${body.id}`);
  expect((await find(owner, '살구')).count).toBe(0);
  expect((await find(owner, '살구', '/sessions?mine=true')).count).toBe(0);
});

test('an answer of an intake that was changed is found by what it says now', async () => {
  const { body } = await owner.post('/sessions', { bot: 'planner' });
  const path = `/sessions/${body.id}`;
  const answer = await owner.post(`${path}/prompts`, { content: '예전 무화과 계획' });
  await indexAll();
  await owner.put(`${path}/prompts/${answer.body.id}`, { content: '새로운 대추 계획' });
  expect((await find(owner, '대추', '/sessions?mine=true')).count).toBe(1);
  expect((await find(owner, '무화과', '/sessions?mine=true')).count).toBe(0);
});

test('messages far apart are found together, the newest first', async () => {
  const { database } = server.context;
  const ids: number[] = [];
  for (const further of [0, 20_000, 2_000_000]) {
    // SQLite's index needs no blocks of ids: there they follow each other.
    if (database.kind === 'postgres') {
      await sql`select setval(pg_get_serial_sequence('messages', 'id'), max(id) + ${further}::bigint) from messages`.execute(
        database.read,
      );
    }
    ids.unshift((await owner.post('/chat', { content: `앵두 ${further}` })).body.id);
  }
  await bothWays(async () => {
    expect((await find(owner, '앵두')).results.map(({ id }: { id: number }) => id)).toEqual(ids);
  });
});

test('an answer that is being written does not hide what comes after it', async () => {
  await indexAll();
  const before = await readIndexedTo(server.context.database.read);
  await owner.post('/chat', { content: '매실 하나' });
  expect((await find(owner, '매실')).count).toBe(1);
  await indexAll();
  expect(await readIndexedTo(server.context.database.read)).toBeGreaterThan(before);
});
