import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import { clientOf, joinAs, type Client } from '#test/client.ts';
import { openStream, textOf } from '#test/read-stream.ts';
import { freshPlace, startServer } from '#test/server.ts';

let server: ChatServer;
let one: Client;
let other: Client;
let keys = 0;

beforeAll(async () => {
  server = await startChatServer();
  [one, other] = await Promise.all([server.join('one'), server.join('other')]);
});
afterEach(() => server.provider.reset());
afterAll(() => server.close());

const newKey = () => ({ 'idempotency-key': `key-${(keys += 1)}` });
const calls = () => server.provider.counts['/v1/chat/completions'] ?? 0;

test('fifty at once with one key ask the provider once, store one turn and take one unit', async () => {
  const member = await server.join();
  server.provider.setDefault({ delayMs: 50 });
  const key = newKey();
  const answers = await Promise.all(Array.from({ length: 50 }, () => member.post('/chat', { content: 'once' }, key)));
  const accepted = answers.filter(({ status }) => status === 201);
  const running = answers.filter(({ status }) => status === 409);
  expect(accepted.length).toBeGreaterThan(0);
  expect(accepted.length + running.length).toBe(50);
  for (const { body, headers } of running) {
    expect([body.code, headers.get('retry-after')]).toEqual(['idempotency_running', '1']);
  }
  for (const { body } of accepted) expect(body).toEqual(accepted[0]!.body);
  expect(calls()).toBe(1);
  expect((await member.get('/chat')).body.count).toBe(1);
  expect(await unitsUsed(member)).toBe(1);
  const again = await member.post('/chat', { content: 'once' }, key);
  expect([again.status, again.body]).toEqual([201, accepted[0]!.body]);
  expect(again.headers.get('ratelimit-remaining')).toBe('999');
  expect(again.headers.get('location')).toBe(accepted[0]!.headers.get('location'));
});

test('fifty streams at once with one key are one stream', async () => {
  const member = await server.join();
  server.provider.script({ hold: true });
  const key = newKey();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => member.post('/chat/stream', { content: 'once' }, key)),
  );
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.stream_id}`)).size).toBe(1);
  expect(answers[0]!.status).toBe(202);
  await server.provider.request(0);
  server.provider.release();
  const path = `/chat/stream/${answers[0]!.body.stream_id}`;
  expect(textOf(await (await openStream(member, server.url, path)).all())).toBe('Scripted answer to: once');
  const again = await member.post('/chat/stream', { content: 'once' }, key);
  expect([again.status, again.body]).toEqual([202, answers[0]!.body]);
  expect([calls(), await unitsUsed(member)]).toEqual([1, 1]);
});

test('another body with the same key is 422, another user or route has keys of its own', async () => {
  const key = newKey();
  const first = await one.post('/chat', { content: 'mine' }, key);
  const before = await unitsUsed(one);
  for (const body of [{ content: 'other' }, { content: 'mine', temperature: 0.7 }, { message: 'mine' }]) {
    const { status, body: problem } = await one.post('/chat', body, key);
    expect([status, problem.code]).toEqual([422, 'idempotency_mismatch']);
  }
  expect(await unitsUsed(one)).toBe(before);
  const theirs = await other.post('/chat', { content: 'other' }, key);
  expect(theirs.status).toBe(201);
  expect(theirs.body.id).not.toBe(first.body.id);
  expect((await one.post('/chat/stream', { content: 'mine' }, key)).status).toBe(202);
});

test('a field that no route knows does not make another body', async () => {
  const key = newKey();
  const first = await one.post('/chat', { content: 'x', user: 'admin', id: 5 }, key);
  expect((await one.post('/chat', { content: 'x' }, key)).body.id).toBe(first.body.id);
});

test('what was refused leaves its key free', async () => {
  const key = newKey();
  expect((await one.post('/chat', { content: '' }, key)).status).toBe(422);
  expect((await one.post('/chat', { content: 'x', session_id: 999_999 }, key)).status).toBe(404);
  server.provider.script({ status: 401 }, { status: 400 }, { fault: 'empty' });
  const statuses = [502, 422, 502];
  for (const status of statuses) expect((await one.post('/chat', { content: 'y' }, key)).status).toBe(status);
  expect((await one.post('/chat', { content: 'z' }, key)).status).toBe(201);
});

test('a request past the quota leaves its key free', async () => {
  const small = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '1', MAX_CONCURRENT_GENERATIONS: '1' } });
  const member = await small.join();
  small.provider.script({ hold: true }, { status: 401 });
  const key = newKey();
  const first = member.post('/chat', { content: 'x' });
  await small.provider.request(0);
  expect((await member.post('/chat', { content: 'y' }, key)).status).toBe(429);
  small.provider.release();
  await first;
  expect((await member.post('/chat', { content: 'y' }, key)).body.code).toBe('quota_exhausted');
  await small.close();
});

test('a failure that kept text keeps its key, and says the same again', async () => {
  const key = newKey();
  server.provider.script({ text: ['some ', 'text'], fault: 'cut', afterBytes: 500 });
  const first = await one.post('/chat', { content: 'x' }, key);
  expect(first.status).toBe(502);
  const again = await one.post('/chat', { content: 'x' }, key);
  expect([again.status, again.body.code]).toEqual([502, first.body.code]);
  expect(calls()).toBe(1);
});

test('a deleted answer is gone for its key too', async () => {
  const key = newKey();
  const { body } = await one.post('/chat', { content: 'x' }, key);
  await one.delete(`/chat/${body.id}`);
  const again = await one.post('/chat', { content: 'x' }, key);
  expect([again.status, again.body.code]).toEqual([410, 'gone']);
  expect(calls()).toBe(1);
});

test.each([
  ['255 characters', 'k'.repeat(255), 201],
  ['every visible sign', '!"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~', 201],
  ['256 characters', 'k'.repeat(256), 422],
  ['none', '', 422],
  ['a space', 'a b', 422],
  ['a tab', 'a\tb', 422],
  ['another letter', 'ké', 422],
])('a key may have %s: %#', async (_what, key, status) => {
  const answer = await one.post('/chat', { content: 'x' }, { 'idempotency-key': key });
  expect(answer.status).toBe(status);
  const paths = answer.body.errors?.map(({ path }: { path: string }) => path);
  expect(paths).toEqual(status === 422 ? ['Idempotency-Key'] : undefined);
});

test('a key is remembered over a restart, for a day', async () => {
  const on = await freshPlace();
  const env = { DAILY_REQUEST_LIMIT: '1000' };
  let now = Date.now();
  const begin = () => startServer({ on, env, clock: () => now });
  let running = await begin();
  const { token } = await joinAs(running.url);
  const ask = (content: string) =>
    clientOf(running.url, token).post('/chat', { content }, { 'idempotency-key': 'kept' });
  const { body } = await ask('remember');
  await running.close();
  running = await begin();
  expect((await ask('remember')).body.id).toBe(body.id);
  now += 86_400_000 - 5_000;
  expect((await ask('remember')).body.id).toBe(body.id);
  now += 10_000;
  expect((await ask('something new')).body.content).toBe('something new');
  await running.close();
});
