import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let provider: ScriptedProvider;
let chief: Client;
let member: Client;

beforeAll(async () => {
  provider = await startScriptedProvider({ models: ['gpt-4o-mini', 'gpt-4'] });
  server = await startServer({ env: { OPENAI_BASE_URL: provider.url, DAILY_REQUEST_LIMIT: '50' } });
  chief = await joinAs(server.url, 'administrator');
});
beforeEach(async () => {
  provider.reset();
  member = await joinAs(server.url, 'talker');
});
afterAll(async () => {
  await server.close();
  await provider.close();
});

const used = async () => (await member.get('/accounts/profile')).body.quota.used;
const asked = () => provider.requests.filter(({ path }) => path.endsWith('/chat/completions'));
const sentLast = () => (asked().at(-1)!.body as { messages: { role: string; content: string }[] }).messages;

async function open(content: string, answer: string): Promise<{ path: string; prompt: number }> {
  provider.script({ text: answer });
  const { body } = await member.post('/chat', { content });
  return { path: `/sessions/${body.session_id}`, prompt: body.id };
}

test('another answer stands beside the first, takes a unit, and either can be chosen', async () => {
  const { path, prompt } = await open('질문', '첫 답');
  provider.script({ text: '둘째 답' });
  const again = await member.post(`${path}/prompts/${prompt}/regenerate`);
  expect(again).toMatchObject({ status: 201, body: { id: prompt, response: '둘째 답' } });
  expect(sentLast()).toEqual([{ role: 'user', content: '질문' }]);
  expect(await used()).toBe(2);
  const [shown] = (await member.get(path)).body.prompts;
  expect(shown.replies.map(({ content }: { content: string }) => content)).toEqual(['첫 답', '둘째 답']);
  expect(shown.chosen).toBe(shown.replies[1].id);
  const chosen = await member.put(`${path}/prompts/${prompt}`, { chosen: shown.replies[0].id });
  expect(chosen.body.prompts[0].chosen).toBe(shown.replies[0].id);
  await member.post(`${path}/prompts`, { content: '다음' });
  expect(sentLast().map(({ content }) => content)).toEqual(['질문', '첫 답', '다음']);
  expect((await member.get(`/chat/${prompt}`)).body.response).toBe('첫 답');
});

test('a reply of another prompt can not be chosen', async () => {
  const first = await open('하나', '답 하나');
  const second = await open('둘', '답 둘');
  const reply = (await member.get(second.path)).body.prompts[0].chosen;
  expect((await member.put(`${first.path}/prompts/${first.prompt}`, { chosen: reply })).status).toBe(422);
});

test('the chosen reply is marked good or bad, for its owner alone', async () => {
  const { path, prompt } = await open('표시할 질문', '첫 답');
  const put = (mark: unknown) => member.put(`${path}/prompts/${prompt}`, { mark });
  const marks = async (reader: Client) =>
    (await reader.get(path)).body.prompts[0].replies.map((reply: { mark?: string }) => reply.mark);
  expect((await put('good')).body.prompts[0].replies[0].mark).toBe('good');
  await member.post(`${path}/prompts/${prompt}/regenerate`);
  await put('bad');
  expect(await marks(member)).toEqual(['good', 'bad']);
  const counted = await chief.get('/admin/marks');
  expect(counted.body.results).toEqual([{ bot: 'free', model: expect.any(String), good: 1, bad: 1 }]);
  expect((await member.get('/admin/marks')).status).toBe(403);
  await put(null);
  expect(await marks(member)).toEqual(['good', undefined]);
  expect((await put('great')).status).toBe(422);
  const stranger = await joinAs(server.url, 'stranger');
  expect((await stranger.put(`${path}/prompts/${prompt}`, { mark: 'bad' })).status).toBe(404);
  await member.patch(path, { visibility: 'public' });
  expect(await marks(stranger)).toEqual([undefined, undefined]);
  expect((await stranger.put(`${path}/prompts/${prompt}`, { mark: 'bad' })).status).toBe(404);
});

test('a question without an answer can not be marked', async () => {
  provider.script({ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 });
  await member.post('/chat', { content: '답이 없는 질문' });
  const { session_id: id, id: prompt } = (await member.get('/chat')).body.results[0];
  expect((await member.put(`/sessions/${id}/prompts/${prompt}`, { mark: 'good' })).status).toBe(404);
});

test('an attempt that fails leaves the answer that is there', async () => {
  const { path, prompt } = await open('질문', '첫 답');
  provider.script({ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 });
  expect((await member.post(`${path}/prompts/${prompt}/regenerate`)).status).toBe(502);
  const [shown] = (await member.get(path)).body.prompts;
  expect(shown).toMatchObject({ status: 'done', chosen: shown.replies[0].id });
  expect(await used()).toBe(1);
});

const half = { text: '반쯤 쓴 답이에요 '.repeat(40), fault: 'cut' as const, afterBytes: 2_000 };

test('the first new answer to an interrupted one takes no unit, the second does', async () => {
  provider.script(half);
  const cut = await member.post('/chat', { content: '질문' });
  expect(cut.status).toBe(502);
  const [turn] = (await member.get('/chat')).body.results;
  expect(turn.status).toBe('interrupted');
  expect(await used()).toBe(1);
  const path = `/sessions/${turn.session_id}/prompts/${turn.id}/regenerate`;
  provider.script(half);
  expect((await member.post(path)).status).toBe(502);
  expect(await used()).toBe(1);
  expect((await member.post(path)).status).toBe(201);
  expect(await used()).toBe(2);
});

test('an edited prompt is a new branch that does not know what came after the old one', async () => {
  const { path, prompt } = await open('하나', '답 하나');
  await member.post(`${path}/prompts`, { content: '둘' });
  const second = (await member.get(path)).body.prompts[1].id;
  const edited = await member.put(`${path}/prompts/${second}`, { content: '둘 고침' });
  expect(edited.status).toBe(201);
  expect(sentLast().map(({ content }) => content)).toEqual(['하나', '답 하나', '둘 고침']);
  const { prompts } = (await member.get(path)).body;
  expect(prompts.map(({ id }: { id: number }) => id)).toEqual([prompt, edited.body.id]);
  expect(prompts[1].versions).toEqual([second, edited.body.id]);
  const first = await member.put(`${path}/prompts/${prompt}`, { content: '하나 고침' });
  expect(sentLast()).toEqual([{ role: 'user', content: '하나 고침' }]);
  expect((await member.get(path)).body.prompts.map(({ id }: { id: number }) => id)).toEqual([first.body.id]);
  expect((await member.get('/chat')).body.count).toBe(4);
});

test('the oldest turns are left out where the model’s window is full, and the answer says so', async () => {
  const { path } = await open('오래된 이야기', 'ok');
  const long = '긴 이야기 '.repeat(1_500);
  for (const content of [`${long}1`, `${long}2`]) await member.post(`${path}/prompts`, { content });
  provider.script({ text: '짧게' });
  const { body } = await member.post('/chat', {
    content: '그래서?',
    session_id: Number(path.split('/').at(-1)),
    model: 'gpt-4',
  });
  expect(body.left_out).toBe(2);
  const sent = sentLast();
  expect(sent.map(({ content }) => content)).not.toContain('오래된 이야기');
  expect(sent.at(-1)!.content).toBe('그래서?');
  expect((await member.get(path)).body.prompts.at(-1).replies[0].left_out).toBe(2);
});

test('the same key regenerates once', async () => {
  const { path, prompt } = await open('질문', '첫 답');
  const key = { 'idempotency-key': 'again' };
  const one = await member.post(`${path}/prompts/${prompt}/regenerate`, {}, key);
  const two = await member.post(`${path}/prompts/${prompt}/regenerate`, {}, key);
  expect(two.body.chat_reply.id).toBe(one.body.chat_reply.id);
  expect(await used()).toBe(2);
  expect((await member.get(path)).body.prompts[0].replies).toHaveLength(2);
});

test('a conversation is exported as Markdown and as JSON', async () => {
  const { path } = await open('질문\n# 제목 아님', '**답**');
  const markdown = await member.get(`${path}/export`);
  expect(markdown.headers.get('content-type')).toContain('text/markdown');
  expect(markdown.body).toContain('> 질문\n> # 제목 아님');
  expect(markdown.body).toContain('**답**');
  const json = await member.get(`${path}/export?format=json`);
  expect(json.body.prompts[0].content).toBe('질문\n# 제목 아님');
  expect((await member.get(`${path}/export?format=pdf`)).status).toBe(422);
  const other = await joinAs(server.url, 'other');
  expect((await other.get(`${path}/export`)).status).toBe(404);
});
