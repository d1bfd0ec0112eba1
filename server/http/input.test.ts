import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { sendRaw, type RawAnswer } from '#test/raw-http.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let person: Client;

beforeAll(async () => {
  server = await startServer({ env: { DAILY_REQUEST_LIMIT: '1000' } });
  await joinAs(server.url, 'first');
  person = await joinAs(server.url, 'person');
});
afterAll(() => server.close());

/** Every row that a request could have written. Logins are touched by reading, at most once a minute. */
async function everything(): Promise<string> {
  const { read } = server.context.database;
  const tables = ['users', 'sessions', 'messages', 'generations', 'ledger', 'daily_usage', 'api_keys'] as const;
  const rows = [];
  for (const table of tables) rows.push([table, await read.selectFrom(table).selectAll().execute()]);
  return JSON.stringify(rows);
}

let before: string;
beforeEach(async () => {
  before = await everything();
});
async function expectNothingWritten(): Promise<void> {
  expect(await everything()).toBe(before);
  expect((await person.get('/health/live')).status).toBe(200);
}
/** What is refused writes nothing, and the server goes on. */
afterEach(expectNothingWritten);

const writes = [
  ['POST', '/accounts/join'],
  ['POST', '/accounts/login'],
  ['PUT', '/accounts/profile'],
  ['POST', '/chat'],
  ['POST', '/chat/stream'],
] as const;

/** The text field of each of them that takes free text. */
const field = {
  '/accounts/join': 'nickname',
  '/accounts/login': 'password',
  '/accounts/profile': 'nickname',
  '/chat': 'content',
  '/chat/stream': 'content',
} as const;

function expectProblem(answer: RawAnswer, status: number, path: string, code: unknown = expect.any(String)): void {
  expect([path, answer.status, answer.headers['content-type']]).toEqual([path, status, 'application/problem+json']);
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^about:blank#|^https?:/),
    title: expect.any(String),
    status,
    code,
    detail: expect.any(String),
    instance: path.split('?')[0],
  });
  expect(answer.headers['cache-control']).toBe('no-store');
}

/** Sends bytes as they are, with the person's token. */
function put(method: string, path: string, body: string | Buffer, type: string | null = 'application/json') {
  return sendRaw(server.url, {
    method,
    path,
    headers: { authorization: `Bearer ${person.token}`, ...(type === null ? {} : { 'content-type': type }) },
    body,
  });
}

/** A body whose one text field holds `text` as it stands in JSON. */
function bodyWith(path: keyof typeof field, text: string): string {
  const fields: Record<string, string> = {
    email: '"a@example.com"',
    password: '"correct horse 7"',
    nickname: '"Name"',
  };
  const own = path === '/chat' || path === '/chat/stream' ? {} : path === '/accounts/profile' ? {} : fields;
  return `{${Object.entries({ ...own, [field[path]]: text })
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`;
}

describe.each(writes)('%s %s', (method, path) => {
  test.each([
    ['half an object', '{"content":'],
    ['single quotes', "{'content': 'x'}"],
    ['a comma too many', '{"content":"x",}'],
    ['two documents', '{}{}'],
    ['a form', 'content=x&nickname=y'],
    ['NaN', '{"content": NaN}'],
    ['nothing', ''],
    ['blanks', '  \n '],
    ['a byte order mark', '\ufeff{}'],
    ['a raw line break in a text', '{"content":"a\nb"}'],
    ['65 levels', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
    ['65 lists', `{"content":${'['.repeat(65)}${']'.repeat(65)}}`],
    ['100,000 brackets', '['.repeat(100_000)],
    ['100,000 closed brackets', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('says 400 for %s', async (_what, body) => {
    expectProblem(await put(method, path, body), 400, path);
  });

  test.each([
    ['a cut character', Buffer.from([0xea, 0xb0])],
    ['a stray byte', Buffer.from([0xff])],
    ['Latin-1', Buffer.from('é', 'latin1')],
    ['an encoded surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ['an overlong slash', Buffer.from([0xc0, 0xaf])],
  ])('says 400 for %s in place of UTF-8', async (_what, bytes) => {
    const [head, tail] = bodyWith(path, '"|"').split('|') as [string, string];
    const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail)]);
    expectProblem(await put(method, path, body), 400, path, 'unreadable');
  });

  test.each([
    ['as an escape', '"a\\u0000b"'],
    ['alone', '"\\u0000"'],
  ])('says 422 for U+0000 %s and names the field', async (_what, text) => {
    const answer = await put(method, path, bodyWith(path, text));
    expectProblem(answer, 422, path, 'invalid');
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(field[path]);
  });

  test.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a multipart form', 'multipart/form-data; boundary=x'],
    ['no type', null],
    ['an empty type', ''],
    ['a tab in it', 'application/json\ta'],
    ['a longer type', 'application/jsonx'],
    ['another JSON', 'application/merge-patch+json'],
    ['two types', 'application/json, text/plain'],
    ['half a type', 'application'],
    ['XML', 'application/xml'],
  ])('says 415 for %s', async (_what, type) => {
    expectProblem(await put(method, path, bodyWith(path, '"text"'), type), 415, path, 'unsupported_type');
  });

  test('says 413 for more than 1 MiB, with a length and without one', async () => {
    const large = bodyWith(path, `"${'a'.repeat(1_048_577)}"`);
    expectProblem(await put(method, path, large), 413, path, 'too_large');
    const headers = {
      authorization: `Bearer ${person.token}`,
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    };
    const chunked = await sendRaw(server.url, { method, path, headers, body: large, chunked: true });
    expectProblem(chunked, 413, path, 'too_large');
  });

  test.each(['null', '[]', '"text"', '1', 'true', '[{}]'])('says 422 for the document %s', async (body) => {
    const answer = await put(method, path, body);
    expectProblem(answer, 422, path, 'invalid');
    expect(answer.body.errors[0]).toEqual({ path: '', message: expect.any(String) });
  });

  test.each(['null', '1', 'true', '[]', '{}', '["a"]', '{"a":1}', '1e999', '-0'])(
    'says 422 for %s where text belongs, and names the field',
    async (value) => {
      const answer = await put(method, path, bodyWith(path, value));
      expectProblem(answer, 422, path, 'invalid');
      expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(field[path]);
    },
  );
});

describe('a type of nothing', () => {
  const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain;charset=UTF-8'];
  test.each(types)('%s is no mistake where no body is needed', async (type) => {
    expectProblem(await put('DELETE', '/chat/999', '', type), 404, '/chat/999', 'not_found');
    const answer = await put('DELETE', '/accounts/profile', '', type);
    expectProblem(answer, 422, '/accounts/profile', 'invalid');
    expect(answer.body.errors[0].path).toBe('current_password');
    const chunked = await sendRaw(server.url, {
      method: 'DELETE',
      path: '/chat/999',
      headers: { authorization: `Bearer ${person.token}`, 'content-type': type, 'transfer-encoding': 'chunked' },
      chunked: true,
    });
    expect(chunked.status).toBe(type === 'application/json' ? 400 : 415);
  });

  test('logs out by a form without fields', async () => {
    const { token } = await joinAs(server.url, 'leaving');
    before = await everything();
    const answer = await sendRaw(server.url, {
      method: 'POST',
      path: '/accounts/logout',
      headers: {
        cookie: `daesa=${token}`,
        origin: server.url,
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    expect([answer.status, answer.headers.location]).toEqual([303, '/']);
  });
});

describe('POST /chat', () => {
  test.each([
    ['content', {}],
    ['content', { content: '' }],
    ['content', { content: ' \n\u3000 ' }],
    ['message', { content: 'a', message: 'b' }],
    ['conversation_history', { content: 'a', conversation_history: 'x' }],
    ['conversation_history.0.role', { content: 'a', conversation_history: [{ role: 'system', content: 'x' }] }],
    ['conversation_history.0.content', { content: 'a', conversation_history: [{ role: 'user' }] }],
    ['conversation_history', { content: 'a', session_id: 1, conversation_history: [] }],
    ['temperature', { content: 'a', temperature: 2.1 }],
    ['temperature', { content: 'a', temperature: -0.1 }],
    ['temperature', { content: 'a', temperature: '1' }],
    ['max_tokens', { content: 'a', max_tokens: 0 }],
    ['max_tokens', { content: 'a', max_tokens: 1.5 }],
    ['max_tokens', { content: 'a', max_tokens: 1e300 }],
    ['model', { content: 'a', model: '' }],
    ['model', { content: 'a', model: 'm'.repeat(201) }],
    ['model', { content: 'a', model: ['gpt'] }],
    ['system_prompt', { content: 'a', system_prompt: 1 }],
    ['session_id', { content: 'a', session_id: '1' }],
    ['session_id', { content: 'a', session_id: 0 }],
    ['session_id', { content: 'a', session_id: 1.5 }],
    ['session_id', { content: 'a', session_id: 1e18 }],
  ])('names %s in %o', async (path, body) => {
    const answer = await put('POST', '/chat', JSON.stringify(body));
    expectProblem(answer, 422, '/chat', 'invalid');
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  test.each(['', 'a'.repeat(256), 'a b', 'schlüssel'])('refuses the Idempotency-Key %o', async (key) => {
    const answer = await sendRaw(server.url, {
      method: 'POST',
      path: '/chat',
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: '{"content":"a"}',
    });
    expectProblem(answer, 422, '/chat', 'invalid');
    expect(answer.body.errors[0].path).toBe('Idempotency-Key');
  });
});

describe('a query', () => {
  test.each([
    'page=0',
    'page=-1',
    'page=1.5',
    'page=one',
    'page=',
    'page=1&page=2',
    'page=1e999',
    'page=99999999999999999999999',
    'page=%00',
    'per_page=4',
    'per_page=101',
    'per-page=4',
    'per-page=101',
    'per_page=ten',
    'q=%00',
    `q=${'a'.repeat(201)}`,
  ])('with %s is 422', async (query) => {
    const answer = await put('GET', `/chat?${query}`, '', null);
    expectProblem(answer, 422, `/chat?${query}`, 'invalid');
    expect(answer.body.errors[0].path).toBe(query.split('=')[0]);
  });

  test.each([
    'page=1000000000',
    'page=2&per_page=100',
    'per-page=5',
    'unknown=1',
    'per_page[]=1',
    'q=%EA%B0',
    'q=%',
    '=',
    '&&',
  ])('with %s is fine', async (query) => {
    const answer = await put('GET', `/chat?${query}`, '', null);
    expect([answer.status, answer.body.results]).toEqual([200, []]);
  });
});

describe('an id that can not exist', () => {
  const ids = [
    '0',
    '-1',
    '01',
    '1.0',
    '1e3',
    'abc',
    '1;',
    '1%00',
    '%2e%2e',
    '99999999999999999999',
    '9007199254740993',
  ];
  test.each(ids.flatMap((id) => ['GET', 'DELETE'].map((method) => [method, id] as const)))(
    'is 404: %s /chat/%s',
    async (method, id) => {
      expectProblem(await put(method, `/chat/${id}`, '', null), 404, `/chat/${id}`, 'not_found');
    },
  );
  test.each(['0', 'no-such-stream', 'a'.repeat(65), 'a'.repeat(600), '%00'])('is 404: /chat/stream/%s', async (id) => {
    expectProblem(await put('GET', `/chat/stream/${id}`, '', null), 404, `/chat/stream/${id}`, 'not_found');
  });
});

describe('an address that is none', () => {
  test.each([
    '/nothing',
    '//chat',
    '/CHAT',
    '/Chat',
    '/chat/',
    '/chat%2F1',
    '/chat//1',
    '/./chat',
    '/chat/../chat',
    '/chat/%2e%2e/chat',
    '/chat;a=1',
    '/accounts',
    '/.env',
    '/..%2f..%2fpackage.json',
    '/assets/..%2f..%2fpackage.json',
    '/%5c..%5cpackage.json',
  ])('is 404: %s', async (path) => {
    expectProblem(await put('GET', path, '', null), 404, path, 'not_found');
  });

  test.each(['/%', '/%zz', '/chat/%ff', '/%c0%ae%c0%ae/'])('is 400 or 404: %s', async (path) => {
    const answer = await put('GET', path, '', null);
    expect([400, 404]).toContain(answer.status);
    expectProblem(answer, answer.status!, path);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is 404 for %s', async (method) => {
    expectProblem(await put(method, '/nothing', '{}'), 404, '/nothing', 'not_found');
  });

  test.each([
    ['PATCH', '/chat'],
    ['PUT', '/accounts/join'],
    ['DELETE', '/'],
    ['TRACE', '/'],
    ['PROPFIND', '/chat'],
  ])('is 405 for %s %s, a method the path does not take', async (method, path) => {
    expectProblem(await put(method, path, '', null), 405, path, 'method_not_allowed');
  });

  test('is no other method because a header says so', async () => {
    const answer = await sendRaw(server.url, {
      method: 'POST',
      path: '/chat/1',
      headers: { authorization: `Bearer ${person.token}`, 'x-http-method-override': 'DELETE' },
    });
    expectProblem(answer, 405, '/chat/1', 'method_not_allowed');
  });
});

test('HEAD answers like GET without a body', async () => {
  for (const path of ['/', '/health', '/chat', '/accounts/join']) {
    const answer = await put('HEAD', path, '', null);
    expect([path, answer.status, answer.text]).toEqual([path, 200, '']);
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(2);
  }
});

describe('a request that is no HTTP', () => {
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a header without colon', 'GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n', 400],
    ['two lengths', 'POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}', 400],
    [
      'a length and chunks',
      'POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a bad chunk', 'POST /chat HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n', 400],
    ['a control character in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\u0001\r\n\r\n', 400],
    ['large headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is %s: a problem, and the connection ends', async (_what, bytes, status) => {
    const answer = await sendRaw(server.url, { bytes });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(answer.body).toMatchObject({ status, code: expect.any(String), title: expect.any(String) });
    expect(answer.closed).toBe(true);
  });
});
