import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';

let server: ChatServer;
let one: Client;
let other: Client;

beforeAll(async () => {
  server = await startChatServer();
  [one, other] = await Promise.all([server.join('one'), server.join('other')]);
});
afterEach(() => server.provider.reset());
afterAll(() => server.close());

interface AskedBody {
  model: string;
  messages: { role: string; content: string }[];
  temperature?: number;
  max_tokens?: number;
  max_completion_tokens?: number;
}

/** What the provider was asked with, request by request. */
const asked = () =>
  server.provider.requests.filter(({ path }) => path.endsWith('/completions')).map(({ body }) => body as AskedBody);

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const PUBLIC = 'http://localhost:0';

describe('asking', () => {
  test('an answer has the fields of both documents, and nothing else', async () => {
    const { status, body, headers } = await one.post('/chat', { content: 'Hello' });
    expect(status).toBe(201);
    const href = `${PUBLIC}/chat/${body.id}`;
    expect(body).toEqual({
      id: expect.any(Number),
      user: one.email,
      content: 'Hello',
      created_at: expect.stringMatching(instant),
      updated_at: expect.stringMatching(instant),
      status: 'done',
      chat_reply: {
        id: expect.any(Number),
        user: one.email,
        content: 'Scripted answer to: Hello',
        created_at: expect.stringMatching(instant),
      },
      response: 'Scripted answer to: Hello',
      usage: { prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 },
      model: 'gpt-4o-mini',
      timestamp: expect.stringMatching(instant),
      session_id: expect.any(Number),
      links: [
        { rel: 'self', href, method: 'GET' },
        { rel: 'delete', href, method: 'DELETE' },
      ],
    });
    expect(headers.get('location')).toBe(href);
    expect(headers.get('ratelimit-limit')).toBe('1000');
    expect(Number(headers.get('ratelimit-remaining'))).toBe(1_000 - (await unitsUsed(one)));
    expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    expect(Number(headers.get('ratelimit-reset'))).toBeLessThanOrEqual(86_400);
    const { usage: _shownOnce, ...stored } = body;
    expect((await one.get(`/chat/${body.id}`)).body).toEqual(stored);
    expect((await one.get('/chat')).body.results[0]).toEqual(stored);
  });

  test('message is another name of content', async () => {
    expect((await one.post('/chat', { message: '안녕하세요 👋🏽' })).body.content).toBe('안녕하세요 👋🏽');
  });

  test('an administrator has no limit, so the answer names none', async () => {
    const { status, headers } = await server.administrator.post('/chat', { content: 'Hi' });
    expect(status).toBe(201);
    expect([...headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  });

  test('the history of a request goes to the provider and is not stored', async () => {
    const conversation_history = [
      { role: 'user', content: 'My name is Kim.' },
      { role: 'assistant', content: 'Hello Kim.' },
    ];
    const { body } = await one.post('/chat', {
      content: 'Who am I?',
      conversation_history,
      system_prompt: 'Be brief.',
    });
    expect(asked()[0]!.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      ...conversation_history,
      { role: 'user', content: 'Who am I?' },
    ]);
    await one.post('/chat', { content: 'And now?', session_id: body.session_id });
    expect(asked()[1]!.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Who am I?' },
      { role: 'assistant', content: 'Scripted answer to: Who am I?' },
      { role: 'user', content: 'And now?' },
    ]);
  });

  test('a session goes on with its whole stored conversation in order', async () => {
    const { body: first } = await one.post('/chat', { content: 'first' });
    for (const content of ['second', 'third']) await one.post('/chat', { content, session_id: first.session_id });
    expect(asked()[2]!.messages.map(({ content }) => content)).toEqual([
      'first',
      'Scripted answer to: first',
      'second',
      'Scripted answer to: second',
      'third',
    ]);
  });

  test('the free chat lets its user change the system prompt on the way', async () => {
    const { body } = await one.post('/chat', { content: 'a', system_prompt: 'Old.' });
    await one.post('/chat', { content: 'b', session_id: body.session_id, system_prompt: 'New.' });
    await one.post('/chat', { content: 'c', session_id: body.session_id });
    expect(asked().map(({ messages }) => messages[0]!.content)).toEqual(['Old.', 'New.', 'New.']);
  });

  test("another user's session is as unknown as none", async () => {
    const { body } = await one.post('/chat', { content: 'mine' });
    const before = await unitsUsed(other);
    const theirs = await other.post('/chat', { content: 'hi', session_id: body.session_id });
    const nobodys = await other.post('/chat', { content: 'hi', session_id: 999_999_999 });
    expect(theirs.status).toBe(404);
    expect(theirs.body).toEqual(nobodys.body);
    expect(await unitsUsed(other)).toBe(before);
    expect(asked()).toHaveLength(1);
  });

  test('temperature and maximum go to the provider as the model takes them', async () => {
    await one.post('/chat', { content: 'a' });
    await one.post('/chat', { content: 'b', temperature: 0, max_tokens: 77 });
    await one.post('/chat', { content: 'c', temperature: 1, max_tokens: 88, model: 'gpt-5-mini' });
    expect(asked()[0]).toMatchObject({ model: 'gpt-4o-mini', temperature: 0.7, max_tokens: 2_000 });
    expect(asked()[1]).toMatchObject({ temperature: 0, max_tokens: 77 });
    expect(asked()[2]).toMatchObject({ model: 'gpt-5-mini', max_completion_tokens: 88 });
    expect(asked()[2]).not.toHaveProperty('temperature');
    expect(asked()[2]).not.toHaveProperty('max_tokens');
  });

  test('the message is stored before the provider is asked', async () => {
    server.provider.script({ hold: true });
    const answer = one.post('/chat', { content: 'are you there?' });
    await server.provider.request(server.provider.requests.length);
    const { body } = await one.get('/chat');
    expect(body.results[0]).toMatchObject({
      content: 'are you there?',
      status: 'running',
      chat_reply: null,
      response: null,
      model: null,
    });
    server.provider.release();
    expect((await answer).body).toMatchObject({ id: body.results[0].id, status: 'done' });
  });

  test('an asker that leaves does not stop the answer', async () => {
    server.provider.script({ hold: true });
    const abort = new AbortController();
    const left = fetch(`${server.url}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${one.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ content: 'I have to go' }),
      signal: abort.signal,
    });
    await server.provider.request(0);
    abort.abort();
    await expect(left).rejects.toThrow('aborted');
    server.provider.release();
    expect((await server.provider.closed(0)).finished).toBe(true);
    const { results } = (await one.get('/chat')).body;
    await expect.poll(async () => (await one.get(`/chat/${results[0].id}`)).body.status).toBe('done');
  });
});

describe('wrong bodies', () => {
  const text = 'x';
  const cases: [what: string, body: unknown, status: number, field?: string][] = [
    ['nothing to ask', {}, 422, 'content'],
    ['both names', { content: text, message: text }, 422, 'message'],
    ['blank content', { content: ' \n\t ' }, 422, 'content'],
    ['a number as content', { content: 5 }, 422, 'content'],
    ['an object as content', { content: { $ne: null } }, 422, 'content'],
    ['U+0000', { content: 'a\u0000b' }, 422, 'content'],
    ['U+0000 in the system prompt', { content: text, system_prompt: '\u0000' }, 422, 'system_prompt'],
    ['a hot temperature', { content: text, temperature: 2.1 }, 422, 'temperature'],
    ['a cold temperature', { content: text, temperature: -0.1 }, 422, 'temperature'],
    ['a temperature as text', { content: text, temperature: '1' }, 422, 'temperature'],
    ['no tokens', { content: text, max_tokens: 0 }, 422, 'max_tokens'],
    ['half a token', { content: text, max_tokens: 1.5 }, 422, 'max_tokens'],
    ['a session that can not be', { content: text, session_id: -1 }, 422, 'session_id'],
    ['a session as text', { content: text, session_id: '1' }, 422, 'session_id'],
    ['an empty model', { content: text, model: '' }, 422, 'model'],
    [
      'history beside a session',
      { content: text, session_id: 1, conversation_history: [] },
      422,
      'conversation_history',
    ],
    [
      'a system role in the history',
      { content: text, conversation_history: [{ role: 'system', content: text }] },
      422,
      'conversation_history.0.role',
    ],
    ['a history that is none', { content: text, conversation_history: 'x' }, 422, 'conversation_history'],
    ['an array', [], 422],
    ['a text', '"hello"', 422],
    ['null', 'null', 422],
    ['no JSON', '{"content": ', 400],
    ['nothing at all', '', 400],
    ['deep nesting', `{"content":"x","x":${'['.repeat(100)}${']'.repeat(100)}}`, 400],
    ['two mebibytes', { content: 'y'.repeat(2_097_152) }, 413],
  ];

  test.each(cases)('%s is refused, and nothing is written', async (_what, body, status, field) => {
    const before = await unitsUsed(one);
    const count = (await one.get('/chat')).body.count;
    const answer = await one.post('/chat', body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const paths = answer.body.errors?.map((error: { path: string }) => error.path) ?? [];
    expect(paths).toEqual(expect.arrayContaining(field ? [field] : []));
    expect((await one.post('/chat/stream', body)).status).toBe(status);
    expect(await unitsUsed(one)).toBe(before);
    expect((await one.get('/chat')).body.count).toBe(count);
    expect(asked()).toEqual([]);
  });

  test('invalid UTF-8 is 400, another content type 415', async () => {
    const post = (body: string | Buffer<ArrayBuffer>, type: string) =>
      fetch(`${server.url}/chat`, {
        method: 'POST',
        headers: { authorization: `Bearer ${one.token}`, 'content-type': type },
        body,
      });
    expect((await post(Buffer.from('{"content":"\xff\xfe"}', 'latin1'), 'application/json')).status).toBe(400);
    expect((await post('{"content":"x"}', 'text/plain')).status).toBe(415);
    expect((await post('content=x', 'application/x-www-form-urlencoded')).status).toBe(415);
  });

  test('half a character is made whole before it is stored', async () => {
    const { body } = await one.post('/chat', '{"content":"a\\ud800b"}');
    expect(body.content).toBe('a\ufffdb');
    expect((await one.get(`/chat/${body.id}`)).body.content).toBe('a\ufffdb');
  });

  test('nobody asks without a login', async () => {
    for (const path of ['/chat', '/chat/stream']) {
      const { status, headers } = await fetch(`${server.url}${path}`, { method: 'POST', body: '{}' });
      expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    }
  });
});

describe('the history', () => {
  let reader: Client;
  beforeAll(async () => {
    reader = await server.join('reader');
    for (let number = 1; number <= 12; number += 1)
      await reader.post('/chat', { content: `Frage ${number} zur Größe` });
  });

  const links = (header: string | null) =>
    [...(header ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, href, rel]) => [rel, new URL(href!).search]);

  test('comes newest first, in pages that are linked', async () => {
    const { body, headers } = await reader.get('/chat?page=2&per_page=5');
    expect(body).toMatchObject({ count: 12, page: 2, per_page: 5 });
    expect(body.results.map(({ content }: { content: string }) => content.split(' ')[1])).toEqual([
      '7',
      '6',
      '5',
      '4',
      '3',
    ]);
    expect(links(headers.get('link'))).toEqual([
      ['first', '?page=1&per_page=5'],
      ['prev', '?page=1&per_page=5'],
      ['next', '?page=3&per_page=5'],
      ['last', '?page=3&per_page=5'],
    ]);
    expect(body.links).toEqual(
      links(headers.get('link')).map(([rel, search]) => {
        const href = `${PUBLIC}/chat${search}`;
        return { rel, method: 'GET', href, link: href };
      }),
    );
    expect(body.results[0]).not.toHaveProperty('usage');
  });

  test('names only the neighbours that exist', async () => {
    const rels = async (query: string) =>
      links((await reader.get(`/chat${query}`)).headers.get('link')).map(([rel]) => rel);
    expect(await rels('')).toEqual(['first', 'next', 'last']);
    expect(await rels('?per-page=5&page=3')).toEqual(['first', 'prev', 'last']);
    expect(await rels('?per_page=100')).toEqual(['first', 'last']);
    expect((await reader.get('/chat?page=99')).body).toMatchObject({ results: [], count: 12, page: 99 });
  });

  test.each([
    'page=0',
    'page=-1',
    'page=x',
    'page=1.5',
    'per_page=4',
    'per_page=101',
    'per-page=4',
    'per_page=',
    'q=%00',
  ])('?%s is refused with the field named', async (query) => {
    const { status, body } = await reader.get(`/chat?${query}`);
    expect(status).toBe(422);
    expect(body.errors[0].path).toBe(query.split('=')[0]);
  });

  test('q finds a part of the message or of its reply, and its signs mean themselves', async () => {
    const found = async (q: string) => (await reader.get(`/chat?q=${encodeURIComponent(q)}`)).body.count;
    expect(await found('frage 12')).toBe(1);
    expect(await found('answer to: Frage 1')).toBe(4);
    expect(await found('Größe')).toBe(12);
    expect(await found('%')).toBe(0);
    expect(await found('_')).toBe(0);
    expect(await found('\\')).toBe(0);
    expect(await found("' or 1=1 --")).toBe(0);
    const { body } = await reader.get('/chat?q=zur&per_page=5');
    expect(body.links.find(({ rel }: { rel: string }) => rel === 'next').href).toContain('q=zur');
  });

  test('holds only the own turns', async () => {
    const { body } = await other.get('/chat?per_page=100');
    expect(body.results.every(({ user }: { user: string }) => user === other.email)).toBe(true);
    expect((await other.get('/chat?q=Frage')).body.count).toBe(0);
  });
});

describe('one turn', () => {
  test("another user's turn, a reply's id and an id that can not be are all unknown", async () => {
    const { body } = await one.post('/chat', { content: 'private' });
    const unknown = await other.get('/chat/999999999');
    expect(unknown.status).toBe(404);
    const ids = [body.id, body.chat_reply.id, 0, -1, '1e0', '0x1', '01', '%20', 'x', '9'.repeat(30), '1.0', 'null'];
    for (const id of ids) {
      for (const answer of [await other.get(`/chat/${id}`), await other.delete(`/chat/${id}`)]) {
        expect([id, answer.status]).toEqual([id, 404]);
        expect({ ...answer.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
      }
    }
    expect((await one.get(`/chat/${body.chat_reply.id}`)).status).toBe(404);
    expect((await one.delete(`/chat/${body.chat_reply.id}`)).status).toBe(404);
    expect((await one.get(`/chat/${body.id}`)).status).toBe(200);
  });

  test('deleting takes message and reply away, gives no unit back, and ends an empty session', async () => {
    const { body } = await one.post('/chat', { content: 'delete me' });
    const before = await unitsUsed(one);
    const answer = await one.delete(`/chat/${body.id}`);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect((await one.get(`/chat/${body.id}`)).status).toBe(404);
    expect((await one.delete(`/chat/${body.id}`)).status).toBe(404);
    expect((await one.get('/chat?q=delete%20me')).body.count).toBe(0);
    expect(await unitsUsed(one)).toBe(before);
    expect((await one.post('/chat', { content: 'x', session_id: body.session_id })).status).toBe(404);
  });

  test('a deleted turn is missing from the conversation that goes on', async () => {
    const { body: first } = await one.post('/chat', { content: 'first' });
    const { body: second } = await one.post('/chat', { content: 'second', session_id: first.session_id });
    await one.post('/chat', { content: 'third', session_id: first.session_id });
    await one.delete(`/chat/${second.id}`);
    await one.post('/chat', { content: 'fourth', session_id: first.session_id });
    const sent = asked()
      .at(-1)!
      .messages.filter(({ role }) => role === 'user');
    expect(sent.map(({ content }) => content)).toEqual(['first', 'third', 'fourth']);
  });

  test('deleting a running turn stops it', async () => {
    server.provider.script({ text: ['some ', 'more'], hold: true });
    const answer = one.post('/chat', { content: 'stop and forget' });
    await server.provider.request(0);
    const { results } = (await one.get('/chat')).body;
    expect((await one.delete(`/chat/${results[0].id}`)).status).toBe(204);
    expect((await server.provider.closed(0)).finished).toBe(false);
    expect((await answer).body.status).toBe('stopped');
    expect((await one.get(`/chat/${results[0].id}`)).status).toBe(404);
  });
});
