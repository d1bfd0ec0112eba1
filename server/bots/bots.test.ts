import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let administrator: Client;
let member: Client;
let nobody: Client;

beforeAll(async () => {
  server = await startServer();
  administrator = await joinAs(server.url, 'administrator');
  member = await joinAs(server.url, 'member');
  nobody = clientOf(server.url, '');
});
afterAll(() => server.close());

test('three bots are shipped, and anybody may read them', async () => {
  const { body } = await nobody.get('/bots');
  expect(body.results.map(({ slug }: { slug: string }) => slug)).toEqual(['free', 'planner', 'stove-league']);
  const [, planner, drama] = body.results;
  expect(planner).toMatchObject({ default_visibility: 'public', reads_quotes: false });
  expect(planner.intake.map(({ kind, required }: { kind: string; required: boolean }) => [kind, required])).toEqual([
    ['current_state', true],
    ['goal', true],
    ['misc', false],
  ]);
  expect(drama).toMatchObject({ default_visibility: 'private', reads_quotes: true, intake: [] });
});

test('instructions are shown to administrators and nobody else', async () => {
  for (const reader of [nobody, member]) {
    expect(JSON.stringify((await reader.get('/bots')).body)).not.toContain('planning coach');
    expect((await reader.get('/bots/planner')).body).not.toHaveProperty('instructions');
    expect([401, 403]).toContain((await reader.get('/bots/planner/versions')).status);
  }
  expect((await administrator.get('/bots/planner')).body.instructions).toContain('planning coach');
});

test('only administrators make, change and delete bots', async () => {
  const body = { slug: 'mine', name: '내 봇' };
  expect((await nobody.post('/bots', body)).status).toBe(401);
  expect((await member.post('/bots', body)).status).toBe(403);
  expect((await member.put('/bots/free', { name: 'x' })).status).toBe(403);
  expect((await member.delete('/bots/planner')).status).toBe(403);
  const made = await administrator.post('/bots', { ...body, temperature: 0.2, owner_id: 5, id: 99, version: 7 });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ slug: 'mine', version: 1, temperature: 0.2, default_visibility: 'private' });
  expect((await administrator.post('/bots', body)).status).toBe(409);
  expect((await administrator.delete('/bots/mine')).status).toBe(204);
  expect((await administrator.get('/bots/mine')).status).toBe(404);
});

test.each([
  ['slug', { slug: 'Großes', name: 'x' }],
  ['temperature', { slug: 'ok', name: 'x', temperature: 3 }],
  ['intake.0.kind', { slug: 'ok', name: 'x', intake: [{ kind: 'age', question: 'x', required: true }] }],
  ['name', { slug: 'ok', name: ' ' }],
])('a wrong %s is named', async (path, body) => {
  const { status, body: problem } = await administrator.post('/bots', body);
  expect(status).toBe(422);
  expect(problem.errors.map((error: { path: string }) => error.path)).toContain(path);
});

test('every change is a version, and an old one comes back as a new one', async () => {
  await administrator.post('/bots', { slug: 'changing', name: '처음', instructions: 'first' });
  const changed = await administrator.put('/bots/changing', { instructions: 'second', version: 1 });
  expect(changed.body).toMatchObject({ version: 2, name: '처음', instructions: 'second' });
  expect((await administrator.put('/bots/changing', { name: 'late', version: 1 })).status).toBe(409);
  const restored = await administrator.post('/bots/changing/restore', { version: 1 });
  expect(restored.body).toMatchObject({ version: 3, instructions: 'first' });
  const { body } = await administrator.get('/bots/changing/versions');
  expect(body.results.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1]);
  expect(body.results[1]).toMatchObject({ user: 'administrator', content: { instructions: 'second' } });
});

test('a shipped bot can be brought back to what was shipped', async () => {
  const before = (await administrator.get('/bots/planner')).body;
  await administrator.put('/bots/planner', { instructions: 'changed' });
  const { body } = await administrator.post('/bots/planner/restore', { version: 1 });
  expect(body.instructions).toBe(before.instructions);
});

test('the free chat has to stay', async () => {
  expect((await administrator.delete('/bots/free')).status).toBe(409);
});

test('every change of a bot is in the audit log, with who made it', async () => {
  await administrator.post('/bots', { slug: 'logged', name: '기록' });
  await administrator.put('/bots/logged', { name: '다시' });
  await administrator.put('/bots/logged', { name: '늦음', version: 1 });
  await administrator.post('/bots/logged/restore', { version: 1 });
  await administrator.delete('/bots/logged');
  const { id: actor } = (await administrator.get('/accounts/profile')).body;
  const { body } = await administrator.get('/admin/audit?per_page=5');
  expect(body.results.slice(0, 4)).toMatchObject([
    { action: 'bot.deleted', actor_id: actor, detail: { bot: 'logged' } },
    { action: 'bot.restored', actor_id: actor, detail: { bot: 'logged', version: 3, from: 1 } },
    { action: 'bot.changed', actor_id: actor, detail: { bot: 'logged', version: 2 } },
    { action: 'bot.created', actor_id: actor, detail: { bot: 'logged' } },
  ]);
});
