import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let owner: Client;
let other: Client;
let nobody: Client;

beforeAll(async () => {
  server = await startServer();
  await joinAs(server.url, 'administrator');
  owner = await joinAs(server.url, 'owner');
  other = await joinAs(server.url, 'other');
  nobody = clientOf(server.url, '');
});
afterAll(() => server.close());

async function chat(client: Client, content: string): Promise<number> {
  const { body } = await client.post('/chat', { content });
  return body.session_id;
}

test('a session shows its prompts with their replies to its owner', async () => {
  const id = await chat(owner, '첫 질문');
  await owner.post('/chat', { content: '둘째 질문', session_id: id });
  const { status, body } = await owner.get(`/sessions/${id}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ id, bot: 'free', status: 'open', visibility: 'private', mine: true, user: owner.email });
  expect(body.prompts.map((prompt: { content: string }) => prompt.content)).toEqual(['첫 질문', '둘째 질문']);
  expect(body.prompts[0].replies).toHaveLength(1);
  expect(body.prompts[0].chosen).toBe(body.prompts[0].replies[0].id);
});

test('another user’s private session is not there, a public one can be read without an address', async () => {
  const id = await chat(owner, '공개할 대화');
  for (const stranger of [other, nobody]) expect((await stranger.get(`/sessions/${id}`)).status).toBe(404);
  expect((await other.patch(`/sessions/${id}`, { visibility: 'public' })).status).toBe(404);
  expect((await owner.patch(`/sessions/${id}`, { visibility: 'public' })).body.visibility).toBe('public');
  const read = await nobody.get(`/sessions/${id}`);
  expect(read.body).toMatchObject({ user: 'owner', mine: false });
  expect(JSON.stringify(read.body)).not.toContain('@');
  const listed = await nobody.get('/sessions');
  expect(listed.body.results.map((row: { id: number }) => row.id)).toContain(id);
  await owner.patch(`/sessions/${id}`, { visibility: 'private' });
  expect((await nobody.get(`/sessions/${id}`)).status).toBe(404);
});

test('own sessions are listed pinned first; a rename stays; a deleted one is gone', async () => {
  const member = await joinAs(server.url, 'lister');
  const first = await chat(member, '하나');
  const second = await chat(member, '둘');
  await member.patch(`/sessions/${first}`, { pinned: true, title: '새 이름' });
  const { body } = await member.get('/sessions?mine=true');
  expect(body.results.map((row: { id: number }) => row.id)).toEqual([first, second]);
  expect(body.results[0]).toMatchObject({ title: '새 이름', pinned: true, excerpt: '하나' });
  expect((await other.delete(`/sessions/${first}`)).status).toBe(404);
  expect((await member.delete(`/sessions/${first}`)).status).toBe(204);
  expect((await member.get(`/sessions/${first}`)).status).toBe(404);
  expect((await member.get('/chat')).body.count).toBe(1);
});

test('bots are read by everybody, their instructions by nobody but administrators', async () => {
  const { body } = await nobody.get('/bots');
  expect(body.results.map((row: { slug: string }) => row.slug)).toContain('free');
  expect(body.results[0]).not.toHaveProperty('instructions');
  expect((await nobody.get('/bots/free')).body.slug).toBe('free');
  expect((await nobody.get('/bots/nothing')).status).toBe(404);
});
