import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { indexMessages } from '../search/index.store.ts';

let server: TestServer;
let nobody: Client;
let stays: Client;

beforeAll(async () => {
  server = await startServer();
  stays = await joinAs(server.url, 'administrator');
  nobody = clientOf(server.url, '');
});
afterAll(() => server.close());

async function publishAs(client: Client, content: string): Promise<string> {
  const { body } = await client.post('/chat', { content });
  return `/s/${(await client.post(`/sessions/${body.session_id}/snapshots`, {})).body.id}`;
}

async function indexedMessages(): Promise<number> {
  const { database } = server.context;
  while ((await database.write(indexMessages, { limit: 100, now: Date.now() + 60_000 })) > 0);
  const { rows } = await sql<{ count: number }>`select count(*) as count from message_grams`.execute(database.read);
  return rows[0]!.count;
}

const leave = { current_password: 'correct horse 7' };

test('pages of a deleted account stay without author where that was asked for, and go otherwise', async () => {
  const [keeps, goes] = [await joinAs(server.url, 'keeper'), await joinAs(server.url, 'goer')];
  const [kept, gone] = [await publishAs(keeps, '남는 글'), await publishAs(goes, '없어질 글')];
  expect((await keeps.delete('/accounts/profile', { ...leave, keep_published: true })).status).toBe(204);
  expect((await goes.delete('/accounts/profile', leave)).status).toBe(204);
  expect((await nobody.get(kept)).body).toMatchObject({ author: null, turns: [{ content: '남는 글' }] });
  expect((await nobody.get(gone)).status).toBe(404);
});

test('votes, reports, quotes and the words of a deleted account are gone', async () => {
  const before = await indexedMessages();
  const member = await joinAs(server.url, 'voter');
  const page = await publishAs(stays, '공개 글');
  const { body: quote } = await stays.post('/quote', { content: '표를 받을 문장' });
  await member.post('/quote', { content: '없어질 문장' });
  await member.post('/chat', { content: '색인에 있는 말' });
  await member.put(`/quote/${quote.id}/vote`);
  await member.post(`${page}/report`, { reason: 'x' });
  const during = await indexedMessages();
  await member.delete('/accounts/profile', leave);
  expect((await nobody.get(`/quote/${quote.id}`)).body.votes).toBe(0);
  expect((await nobody.get('/quote')).body.count).toBe(1);
  expect(
    (await stays.get('/admin/pages')).body.results.map(({ reports }: { reports: number }) => reports),
  ).not.toContain(1);
  expect((await indexedMessages()) - before).toBe(during - before - 2);
});
