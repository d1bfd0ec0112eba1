import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { recoverTitles, reserveTitle } from './title.store.ts';
import { tidyTitle } from './titles.ts';

let server: TestServer;
let provider: ScriptedProvider;
let member: Client;
const long = '이 문장은 제목이 되기에는 너무 길어서 모델이 더 짧은 제목을 지어 주어야 하는 첫 메시지예요. 정말로요.';

beforeAll(async () => {
  provider = await startScriptedProvider();
  server = await startServer({ env: { OPENAI_BASE_URL: provider.url, AUTO_TITLES: 'on' } });
  await joinAs(server.url, 'administrator');
  member = await joinAs(server.url, 'talker');
});
afterAll(async () => {
  await server.close();
  await provider.close();
});

async function settled(): Promise<unknown[]> {
  for (;;) {
    const entries = await server.context.database.read
      .selectFrom('ledger')
      .select(['purpose', 'units', 'state', 'prompt_tokens'])
      .execute();
    if (entries.every(({ state }) => state !== 'reserved') && entries.some(({ purpose }) => purpose === 'title'))
      return entries;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a long first message gets a title from the model, which costs money and no unit', async () => {
  provider.script({ text: '답' }, { text: '“짧은 제목”\n' });
  const { body } = await member.post('/chat', { content: long });
  expect(await settled()).toContainEqual({
    purpose: 'title',
    units: 0,
    state: 'settled',
    prompt_tokens: expect.any(Number),
  });
  expect((await member.get(`/sessions/${body.session_id}`)).body.title).toBe('짧은 제목');
  expect((await member.get('/accounts/profile')).body.quota.used).toBe(1);
  await member.patch(`/sessions/${body.session_id}`, { title: '내 제목' });
  await member.post('/chat', { content: long, session_id: body.session_id });
  expect((await member.get(`/sessions/${body.session_id}`)).body.title).toBe('내 제목');
});

test('a short first message is its own title, and the model is asked once', async () => {
  const before = provider.requests.length;
  const { body } = await member.post('/chat', { content: '짧은 질문' });
  expect((await member.get(`/sessions/${body.session_id}`)).body.title).toBe('짧은 질문');
  expect(provider.requests.length - before).toBe(1);
});

test.each([
  ['Title: A trip to Jeju.', 'A trip to Jeju'],
  ['**"봄맞이 정리"**', '봄맞이 정리'],
  ['', ''],
])('the title %j becomes %j', (text, title) => {
  expect(tidyTitle(text)).toBe(title);
});

test('what a stopped process had set aside for a title goes back', async () => {
  const { database } = server.context;
  const userId = (await member.get('/accounts/profile')).body.id;
  const { body } = await member.post('/chat', { content: '짧은 질문' });
  const limits = server.context.limits;
  const place = { sessionId: body.session_id, userId, model: 'm', limits, instanceId: 'gone' };
  expect(await database.write(reserveTitle, place)).toMatchObject({ userId });
  const args = { instanceId: server.context.instanceId, alone: database.kind === 'sqlite', now: Date.now() };
  expect(await database.write(recoverTitles, args)).toBe(1);
  expect(await database.write(recoverTitles, args)).toBe(0);
});
