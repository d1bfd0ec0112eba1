import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { freshPlace, startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let provider: ScriptedProvider;
let member: Client;
let administrator: Client;

beforeAll(async () => {
  provider = await startScriptedProvider();
  server = await startServer({ env: { OPENAI_BASE_URL: provider.url } });
  administrator = await joinAs(server.url, 'administrator');
});
beforeEach(async () => {
  provider.reset();
  member = await joinAs(server.url, 'planner');
});
afterAll(async () => {
  await server.close();
  await provider.close();
});

const used = async (client: Client) => (await client.get('/accounts/profile')).body.quota.used;
const asked = () => provider.requests.filter(({ path }) => path.endsWith('/chat/completions'));
const messagesOf = (index: number) =>
  (asked()[index]!.body as { messages: { role: string; content: string }[] }).messages;

async function begin(client = member): Promise<string> {
  const { status, body } = await client.post('/sessions', { bot: 'planner' });
  expect(status).toBe(201);
  expect(body).toMatchObject({ status: 'intake', visibility: 'public', prompts: [] });
  expect(body.next_question).toMatchObject({ kind: 'current_state', required: true, number: 1, of: 3 });
  return `/sessions/${body.id}`;
}

async function answerAll(path: string, client = member): Promise<void> {
  await client.post(`${path}/prompts`, { content: '하루 한 시간 공부해요' });
  await client.post(`${path}/prompts`, { content: '3월에 자격증 따기' });
  await client.post(`${path}/prompts`, { content: '', ask: false });
}

test('an answer shows what the bot asked; a question of the person has nothing beside it', async () => {
  provider.setDefault({ text: '계획이에요' });
  const path = await begin();
  await answerAll(path);
  await member.post(`${path}/ask`);
  await member.post(`${path}/prompts`, { content: '조금 더 쉽게요' });
  const { intake } = (await member.get('/bots/planner')).body;
  const { prompts } = (await member.get(path)).body;
  expect(prompts.map(({ question }: { question?: string }) => question)).toEqual([
    ...intake.map(({ question }: { question: string }) => question),
    undefined,
  ]);
});

test('the bot asks, each answer is kept as its kind, and the model is asked once with all of them', async () => {
  provider.setDefault({ text: '계획이에요' });
  const path = await begin();
  const first = await member.post(`${path}/prompts`, { content: '하루 한 시간 공부해요' });
  expect(first.status).toBe(201);
  expect(first.body).toMatchObject({
    kind: 'current_state',
    content: '하루 한 시간 공부해요',
    session: { status: 'intake', next_question: { kind: 'goal', number: 2 } },
  });
  await member.post(`${path}/prompts`, { content: '3월에 자격증 따기' });
  expect(await used(member)).toBe(0);
  expect(asked()).toHaveLength(0);
  const last = await member.post(`${path}/prompts`, { content: '주말은 쉬어요' });
  expect(last.status).toBe(201);
  expect(last.body).toMatchObject({
    kind: 'misc',
    response: '계획이에요',
    session: { status: 'open', next_question: null },
  });
  expect(await used(member)).toBe(1);
  expect(asked()).toHaveLength(1);
  const [system, intake, ...rest] = messagesOf(0);
  expect(system).toMatchObject({ role: 'system', content: expect.stringContaining('planning coach') });
  expect(rest).toEqual([]);
  for (const answer of ['하루 한 시간 공부해요', '3월에 자격증 따기', '주말은 쉬어요']) {
    expect(intake!.content.split(answer)).toHaveLength(2);
  }
  const { body } = await member.get(path);
  expect(body.prompts.map(({ kind, status }: { kind: string; status: string }) => [kind, status])).toEqual([
    ['current_state', 'answered'],
    ['goal', 'answered'],
    ['misc', 'done'],
  ]);
  expect(body.title).toBe('3월에 자격증 따기');
});

test('a required question needs an answer, the last one may stay empty, and asking waits for ask', async () => {
  const path = await begin();
  expect((await member.post(`${path}/prompts`, { content: ' ' })).status).toBe(422);
  expect((await member.post(`${path}/ask`)).status).toBe(409);
  await answerAll(path);
  expect((await member.get(path)).body).toMatchObject({ status: 'ready', next_question: null });
  expect(asked()).toHaveLength(0);
  expect((await member.post(`${path}/prompts`, { content: 'more' })).body.code).toBe('session_in_intake');
  const { status, body } = await member.post(`${path}/ask`, {});
  expect(status).toBe(201);
  expect(body.session.status).toBe('open');
  expect((await member.post(`${path}/ask`)).status).toBe(409);
  expect(asked()).toHaveLength(1);
});

test('an answer can be changed until the model is asked, and the others stay', async () => {
  const path = await begin();
  await answerAll(path);
  const { prompts } = (await member.get(path)).body;
  const changed = await member.put(`${path}/prompts/${prompts[0].id}`, { content: '하루 두 시간 공부해요' });
  expect(changed.status).toBe(200);
  expect(changed.body.prompts.map(({ content }: { content: string }) => content)).toEqual([
    '하루 두 시간 공부해요',
    '3월에 자격증 따기',
    '',
  ]);
  expect((await member.put(`${path}/prompts/${prompts[0].id}`, { content: '' })).status).toBe(422);
  await member.post(`${path}/ask`);
  expect(messagesOf(0)[1]!.content).toContain('두 시간');
});

test('a changed answer after asking is a new branch with all answers', async () => {
  const path = await begin();
  await answerAll(path);
  await member.post(`${path}/ask`);
  const { prompts } = (await member.get(path)).body;
  const { status, body } = await member.put(`${path}/prompts/${prompts[1].id}`, { content: '5월에 자격증 따기' });
  expect(status).toBe(201);
  expect(body.session.status).toBe('open');
  const sent = messagesOf(1)[1]!.content;
  expect(sent).toContain('5월에');
  expect(sent).not.toContain('3월에');
  const after = (await member.get(path)).body.prompts;
  expect(after).toHaveLength(3);
  expect(after[1].versions).toEqual([prompts[1].id, after[1].id]);
  const back = await member.patch(path, { branch: prompts[1].id });
  expect(back.body.prompts.map(({ id }: { id: number }) => id)).toEqual(prompts.map(({ id }: { id: number }) => id));
});

test('chat does not go into an intake, and a failed model keeps every answer', async () => {
  const path = await begin();
  const id = Number(path.split('/').at(-1));
  const refused = await member.post('/chat', { content: 'hi', session_id: id });
  expect(refused.body).toMatchObject({ status: 409, code: 'session_in_intake' });
  await answerAll(path);
  provider.setDefault({ status: 400 });
  expect((await member.post(`${path}/ask`)).status).toBe(422);
  expect(await used(member)).toBe(0);
  const { body } = await member.get(path);
  expect(body.prompts).toHaveLength(3);
  expect(body.prompts[2].status).toBe('failed');
  provider.setDefault({ text: '이제 돼요' });
  const again = await member.post(`${path}/prompts/${body.prompts[2].id}/regenerate`);
  expect(again).toMatchObject({ status: 201, body: { response: '이제 돼요' } });
  expect(await used(member)).toBe(1);
});

test('a guided session goes on with the questions it began with, whatever becomes of its bot', async () => {
  const path = await begin();
  await member.post(`${path}/prompts`, { content: '하루 한 시간 공부해요' });
  const before = (await administrator.get('/bots/planner')).body.intake;
  await administrator.put('/bots/planner', { intake: [] });
  const { body } = await member.get(path);
  expect(body.next_question).toMatchObject({ kind: 'goal', number: 2, of: 3 });
  await administrator.put('/bots/planner', { intake: before });
});

test('a guided session goes on days later, after a restart', async () => {
  const on = await freshPlace();
  const env = { OPENAI_BASE_URL: provider.url };
  const first = await startServer({ on, env });
  const earlier = await joinAs(first.url, 'planner');
  const path = await begin(earlier);
  await earlier.post(`${path}/prompts`, { content: '하루 한 시간 공부해요' });
  await first.close();
  const second = await startServer({ on, env, clock: () => Date.now() + 3 * 86_400_000 });
  const later = clientOf(second.url, earlier.token);
  expect((await later.get(path)).body.next_question).toMatchObject({ kind: 'goal', number: 2, of: 3 });
  await later.post(`${path}/prompts`, { content: '3월에 자격증 따기' });
  expect((await later.post(`${path}/prompts`, { content: '' })).status).toBe(201);
  expect(messagesOf(0).at(-1)!.content).toContain('하루 한 시간 공부해요');
  await second.close();
  rmSync(on.dataDir, { recursive: true, force: true });
});

test('where the window of the model is full, turns are left out, never the intake', async () => {
  const path = await begin();
  await answerAll(path);
  await member.post(`${path}/ask`);
  const long = '긴 이야기 '.repeat(1_500);
  for (const content of [`${long}1`, `${long}2`]) await member.post(`${path}/prompts`, { content });
  const session_id = Number(path.split('/').at(-1));
  const { body } = await member.post('/chat', { content: '그래서?', session_id, model: 'gpt-4' });
  expect(body.left_out).toBeGreaterThan(0);
  const sent = messagesOf(3).map(({ content }) => content);
  expect(sent[1]).toContain('3월에 자격증 따기');
  expect(sent.at(-1)).toBe('그래서?');
});

test('nobody else answers or asks in a session, public or not', async () => {
  const path = await begin();
  const other = await joinAs(server.url, 'other');
  for (const stranger of [other, administrator]) {
    expect((await stranger.post(`${path}/prompts`, { content: 'x' })).status).toBe(404);
    expect((await stranger.post(`${path}/ask`)).status).toBe(404);
    expect((await stranger.put(`${path}/prompts/1`, { content: 'x' })).status).toBe(404);
  }
  expect((await clientOf(server.url, '').post(`${path}/prompts`, { content: 'x' })).status).toBe(401);
  expect((await member.post('/sessions', { bot: 'nothing' })).status).toBe(422);
});

test('later prompts carry the whole conversation, the intake first', async () => {
  provider.setDefault({ text: '계획이에요' });
  const path = await begin();
  await answerAll(path);
  await member.post(`${path}/ask`);
  const { body } = await member.post(`${path}/prompts`, { content: '더 쉽게요' });
  expect(body).toMatchObject({ kind: 'question', session: { status: 'open' } });
  expect(body).not.toHaveProperty('left_out');
  expect(messagesOf(1).map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  expect(messagesOf(1).at(-1)!.content).toBe('더 쉽게요');
});

test('a stream is answered with its id, and the same key asks once', async () => {
  const path = await begin();
  await answerAll(path);
  const key = { 'idempotency-key': 'once' };
  const first = await member.post(`${path}/ask`, { stream: true }, key);
  expect(first.status).toBe(202);
  const again = await member.post(`${path}/ask`, { stream: true }, key);
  expect(again.body.stream_id).toBe(first.body.stream_id);
  const events = await member.get(`/chat/stream/${first.body.stream_id}`);
  expect(events.body).toContain('"type":"END"');
  expect(asked()).toHaveLength(1);
});
