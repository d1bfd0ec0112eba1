import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SocketEvent } from '#contracts/chat.ts';
import { eventually, startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import { send, type Client } from '#test/client.ts';
import { openSocket, upgradeStatus } from '#test/socket-client.ts';
import { writeTo } from '#test/write-to.ts';

let server: ChatServer;
let one: Client;
let other: Client;

beforeAll(async () => {
  server = await startChatServer({ env: { SOCKET_AUTH_TIMEOUT_MS: '300' } });
  [one, other] = await Promise.all([server.join('one'), server.join('other')]);
});
afterEach(() => server.provider.reset());
afterAll(() => server.close());

const open = (client: Client) => openSocket(server.url, { authorization: `Bearer ${client.token}` });
const isLast = ({ type }: SocketEvent) => type === 'END' || type === 'ERROR';
const types = (events: SocketEvent[]) => events.map(({ type }) => type);

function textOf(events: SocketEvent[], streamId?: string): string {
  const own = events.filter((event) => streamId === undefined || event.stream_id === streamId);
  return own.map((event) => (event.type === 'CHUNK' ? event.content : '')).join('');
}

describe('who may open one', () => {
  async function cookieOf(client: Client): Promise<string> {
    const login = { email: client.email, password: 'correct horse 7', session: 'cookie' };
    const { headers } = await send(`${server.url}/accounts/login`, 'POST', login, { origin: server.url });
    return headers.get('set-cookie')!.split(';')[0]!;
  }

  test('a browser of the own origin, by its cookie', async () => {
    const cookie = await cookieOf(one);
    expect(await upgradeStatus(server.url, { cookie, origin: server.url })).toBe(101);
    const socket = await openSocket(server.url, { cookie, origin: server.url });
    socket.send({ type: 'chat', content: 'Hi' });
    expect(types(await socket.until(isLast))).toContain('END');
    socket.close();
  });

  test('no page of another origin, and nobody with a cookie alone', async () => {
    const cookie = await cookieOf(one);
    for (const origin of ['https://evil.example', 'null', `${server.url}.evil.example`, `${server.url.slice(0, -1)}`]) {
      expect([origin, await upgradeStatus(server.url, { cookie, origin })]).toEqual([origin, 403]);
    }
    expect(await upgradeStatus(server.url, { cookie })).toBe(403);
  });

  test('a wrong credential is refused before anything opens', async () => {
    expect(await upgradeStatus(server.url, { authorization: 'Bearer nonsense' })).toBe(401);
    expect(await upgradeStatus(server.url, { authorization: 'Basic eDp5' })).toBe(401);
    expect(await upgradeStatus(server.url, { cookie: 'daesa=nonsense', origin: server.url })).toBe(401);
    expect(await upgradeStatus(server.url, { authorization: `Bearer ${one.token}` })).toBe(101);
    expect(await upgradeStatus(server.url, { authentication: `bearer ${one.token}` })).toBe(101);
  });

  test('anybody who logs in by the first message', async () => {
    const socket = await openSocket(server.url);
    socket.send({ type: 'auth', token: one.token });
    socket.send({ type: 'chat', content: 'Hi' });
    expect((await socket.until(isLast)).at(-1)).toMatchObject({ type: 'END', full_content: 'Scripted answer to: Hi' });
    socket.close();
  });

  test.each([
    ['a question', { type: 'chat', content: 'Hi' }],
    ['a stop', { type: 'stop', stream_id: 'x' }],
    ['a wrong token', { type: 'auth', token: 'nonsense' }],
    ['nonsense', 'nonsense'],
  ])('%s before the login ends the socket, and nothing after it counts', async (_what, frame) => {
    const before = await unitsUsed(one);
    const socket = await openSocket(server.url);
    socket.send(frame);
    socket.send({ type: 'auth', token: one.token });
    socket.send({ type: 'chat', content: 'Hi' });
    expect(await socket.next()).toMatchObject({ type: 'ERROR', error: { code: expect.any(String) } });
    expect(await socket.next()).toBeUndefined();
    expect((await socket.closed).code).toBe(4_401);
    expect(await unitsUsed(one)).toBe(before);
  });

  test('a socket that never logs in is closed', async () => {
    const socket = await openSocket(server.url);
    expect(await socket.next()).toMatchObject({ type: 'ERROR', error: { code: 'unauthenticated', status: 401 } });
    expect((await socket.closed).code).toBe(4_401);
  });

  test('a client that offers HTTP/2 is answered as usual', async () => {
    const status = await new Promise((resolve) => {
      const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
      request(`${server.url}/health/live`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(200);
  });

  test('a page or a request that is no upgrade finds nothing there', async () => {
    expect((await one.get('/chat/ws')).status).toBe(404);
    expect((await send(`${server.url}/chat/ws`, 'GET', undefined, { accept: 'text/html' })).status).toBe(404);
  });
});

describe('asking', () => {
  test('gives the events of a stream, one a frame, each with its stream', async () => {
    server.provider.script({ text: ['안녕', ' 👋'] });
    const before = await unitsUsed(one);
    const socket = await open(one);
    socket.send({ type: 'chat', content: 'Hi', system_prompt: 'Be brief.' });
    const events = await socket.until(isLast);
    const { stream_id, chat_id, session_id } = events[0] as Extract<SocketEvent, { type: 'START' }>;
    expect(events[0]).toEqual({ type: 'START', stream_id, chat_id, session_id });
    expect(textOf(events)).toBe('안녕 👋');
    expect(events.every((event) => event.stream_id === stream_id)).toBe(true);
    expect(events.at(-1)).toEqual({
      type: 'END',
      full_content: '안녕 👋',
      chat_id,
      usage: { prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 },
      finish_reason: 'stop',
      stream_id,
    });
    expect(await unitsUsed(one)).toBe(before + 1);
    expect((await one.get(`/chat/${chat_id}`)).body).toMatchObject({ content: 'Hi', status: 'done', session_id });
    expect((await one.get(`/chat/stream/${stream_id}`)).status).toBe(200);
    socket.send({ type: 'chat', message: 'Again', session_id });
    expect(types(await socket.until(isLast)).at(-1)).toBe('END');
    expect(JSON.stringify(server.provider.requests.at(-1)!.body)).toContain('안녕 👋');
    socket.close();
  });

  test('several answers come side by side', async () => {
    server.provider.setDefault(({ question }) => ({ text: Array.from({ length: 20 }, () => question), hold: true }));
    const socket = await open(one);
    const contents = ['a', 'b', 'c'];
    for (const content of contents) socket.send({ type: 'chat', content });
    // All three are under way before the first one has a word.
    const starts = [await socket.next(), await socket.next(), await socket.next()];
    expect(starts).toMatchObject(contents.map(() => ({ type: 'START' })));
    await server.provider.request(2);
    server.provider.release();
    let ends = 0;
    const events = await socket.until((event) => isLast(event) && (ends += 1) === 3);
    expect(starts.map((start) => textOf(events, start!.stream_id))).toEqual(contents.map((text) => text.repeat(20)));
    socket.close();
  });

  test('an error of the provider is the one closing event', async () => {
    server.provider.script(
      { status: 401 },
      { text: ['part ', 'two ', 'three'], paceMs: 2, fault: 'reset', afterBytes: 620 },
    );
    const socket = await open(one);
    socket.send({ type: 'chat', content: 'Hi' });
    expect(types(await socket.until(isLast))).toEqual(['START', 'ERROR']);
    socket.send({ type: 'chat', content: 'Hi' });
    const events = await socket.until(isLast);
    expect(events.at(-1)).toMatchObject({
      type: 'ERROR',
      error: { code: 'provider_error' },
      chat_id: expect.any(Number),
    });
    expect(textOf(events)).toMatch(/^part /);
    socket.close();
  });

  test('the quota is one for all ways', async () => {
    const small = await startChatServer({ env: { DAILY_REQUEST_LIMIT: '2' } });
    const member = await small.join();
    await member.post('/chat', { content: 'x' });
    const socket = await openSocket(small.url, { authorization: `Bearer ${member.token}` });
    for (let index = 0; index < 3; index += 1) socket.send({ type: 'chat', content: 'x' });
    let last = 0;
    const events = await socket.until((event) => isLast(event) && (last += 1) === 3);
    expect(events.filter(({ type }) => type === 'END')).toHaveLength(1);
    const errors = events.filter(({ type }) => type === 'ERROR');
    expect(errors).toMatchObject([{ error: { code: 'quota_exhausted' } }, { error: { code: 'quota_exhausted' } }]);
    expect(await unitsUsed(member)).toBe(2);
    socket.close();
    await small.close();
  });

  test('the same key gives the same stream again, on a socket of its own too', async () => {
    const frame = { type: 'chat', content: 'once', idempotency_key: 'socket-key' };
    const [first, second] = await Promise.all([open(one), open(one)]);
    server.provider.script({ hold: true });
    for (const socket of [first, second]) socket.send(frame);
    const starts = [await first.next(), await second.next()];
    expect(starts[0]).toEqual(starts[1]);
    expect(starts[0]).toMatchObject({ type: 'START', idempotency_key: 'socket-key' });
    await server.provider.request(0);
    server.provider.release();
    const texts = [await first.until(isLast), await second.until(isLast)].map((events) => textOf(events));
    expect(texts).toEqual(['Scripted answer to: once', 'Scripted answer to: once']);
    expect(server.provider.counts['/v1/chat/completions']).toBe(1);
    first.send({ ...frame, content: 'other' });
    expect(await first.next()).toMatchObject({
      type: 'ERROR',
      error: { code: 'idempotency_mismatch', status: 422 },
      idempotency_key: 'socket-key',
    });
    first.close();
    second.close();
  });

  test.each([
    ['no JSON', '{"type":', 'unreadable'],
    ['no type', { content: 'x' }, 'invalid'],
    ['an unknown type', { type: 'sing' }, 'invalid'],
    ['nothing to ask', { type: 'chat' }, 'invalid'],
    ['U+0000', { type: 'chat', content: 'a\u0000' }, 'invalid'],
    ['a hot temperature', { type: 'chat', content: 'x', temperature: 3 }, 'invalid'],
    ['a session of nobody', { type: 'chat', content: 'x', session_id: 999_999_999 }, 'not_found'],
    ['a wrong key', { type: 'chat', content: 'x', idempotency_key: 'a b' }, 'invalid'],
    ['a stop of nothing', { type: 'stop', stream_id: 'nothing' }, 'not_found'],
    ['a second login', { type: 'auth', token: 'x' }, 'invalid'],
    ['deep nesting', `{"type":"chat","content":"x","x":${'['.repeat(90)}${']'.repeat(90)}}`, 'too_deep'],
    ['null', 'null', 'invalid'],
    ['bytes', Buffer.from('{"type":"chat","content":"x"}'), 'unreadable'],
  ])('%s is a problem, and the socket goes on', async (_what, frame, code) => {
    const before = await unitsUsed(one);
    const socket = await open(one);
    socket.send(frame);
    expect(await socket.next()).toMatchObject({ type: 'ERROR', error: { code, instance: '/chat/ws' } });
    expect(await unitsUsed(one)).toBe(before);
    socket.send({ type: 'chat', content: 'Hi' });
    expect(types(await socket.until(isLast)).at(-1)).toBe('END');
    socket.close();
  });

  test('a frame of more than a mebibyte ends the socket with 1009, and the server lives on', async () => {
    const socket = await open(one);
    socket.send({ type: 'chat', content: 'x'.repeat(1_100_000) });
    expect((await socket.closed).code).toBe(1_009);
    expect((await one.get('/chat')).status).toBe(200);
  });

  test('a hundred frames at once are all answered in their order', async () => {
    const socket = await open(one);
    for (let index = 0; index < 100; index += 1) socket.send({ type: 'stop', stream_id: `stream-${index}` });
    for (let index = 0; index < 100; index += 1) {
      expect(await socket.next()).toMatchObject({ type: 'ERROR', stream_id: `stream-${index}` });
    }
    socket.close();
  });
});

describe('ending', () => {
  test('a stop ends it at the provider, and the text stays', async () => {
    server.provider.script({ fault: 'endless', text: ['word '], paceMs: 5 });
    const socket = await open(one);
    socket.send({ type: 'chat', content: 'Never stop' });
    const start = (await socket.next()) as Extract<SocketEvent, { type: 'START' }>;
    await socket.next();
    const asked = performance.now();
    socket.send({ type: 'stop', stream_id: start.stream_id });
    expect((await socket.until(isLast)).at(-1)).toMatchObject({ type: 'END', finish_reason: 'stopped' });
    expect((await server.provider.closed(0)).closedAt! - asked).toBeLessThan(1_000);
    expect((await one.get(`/chat/${start.chat_id}`)).body).toMatchObject({
      status: 'stopped',
      response: expect.stringMatching(/^(word )+$/),
    });
    socket.close();
  });

  test("another user's stream can not be stopped", async () => {
    server.provider.script({ hold: true });
    const [mine, theirs] = await Promise.all([open(one), open(other)]);
    mine.send({ type: 'chat', content: 'Hi' });
    const { stream_id } = (await mine.next())!;
    theirs.send({ type: 'stop', stream_id });
    expect(await theirs.next()).toMatchObject({ type: 'ERROR', error: { code: 'not_found' }, stream_id });
    await server.provider.request(0);
    server.provider.release();
    expect((await mine.until(isLast)).at(-1)!.type).toBe('END');
    mine.close();
    theirs.close();
  });

  test('a socket that closes stops nothing', async () => {
    server.provider.script({ text: ['to ', 'the ', 'end'], hold: true });
    const socket = await open(one);
    socket.send({ type: 'chat', content: 'Hi' });
    const { chat_id } = (await socket.next()) as Extract<SocketEvent, { type: 'START' }>;
    await server.provider.request(0);
    socket.close();
    await socket.closed;
    server.provider.release();
    const done = await eventually(async () => {
      const { body } = await one.get(`/chat/${chat_id}`);
      return body.status === 'running' ? undefined : body;
    });
    expect(done).toMatchObject({ status: 'done', response: 'to the end' });
  });

  test.each([
    ['logs out', (client: Client) => client.post('/accounts/logout')],
    [
      'is blocked',
      async (client: Client) => {
        const { id } = (await client.get('/accounts/profile')).body;
        await writeTo(server, `update users set blocked_at = 1 where id = ${id}`);
      },
    ],
    [
      'leaves for good',
      (client: Client) => client.delete('/accounts/profile', { current_password: 'correct horse 7' }),
    ],
  ])('a user who %s has no open socket two seconds later', async (_what, end) => {
    const member = await server.join();
    const sockets = [await open(member), await openSocket(server.url)];
    sockets[1]!.send({ type: 'auth', token: member.token });
    sockets[1]!.send({ type: 'stop', stream_id: 'x' });
    expect(await sockets[1]!.next()).toMatchObject({ error: { code: 'not_found' } });
    await end(member);
    const asked = performance.now();
    for (const socket of sockets) expect((await socket.closed).code).toBe(4_401);
    expect(performance.now() - asked).toBeLessThan(2_000);
  });

  test('a server that stops answers what runs, refuses what comes, and closes its sockets', async () => {
    const stopping = await startChatServer();
    const member = await stopping.join();
    const headers = { authorization: `Bearer ${member.token}` };
    stopping.provider.script({ text: ['some ', 'text'], hold: true });
    const socket = await openSocket(stopping.url, headers);
    socket.send({ type: 'chat', content: 'Hi' });
    await socket.next();
    await stopping.provider.request(0);
    const stopped = stopping.stop(5_000);
    await eventually(async () => ((await fetch(`${stopping.url}/health/ready`)).status === 503 ? true : undefined));
    expect(await upgradeStatus(stopping.url, headers)).toBe(503);
    socket.send({ type: 'chat', content: 'one more' });
    expect(await socket.next()).toMatchObject({ type: 'ERROR', error: { code: 'shutting_down', status: 503 } });
    stopping.provider.release();
    expect((await socket.until(isLast)).at(-1)).toMatchObject({ type: 'END', full_content: 'some text' });
    expect((await socket.closed).code).toBe(1_001);
    await stopped;
    await stopping.provider.close();
  });
});
