import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from './client.ts';
import { sendRaw, type RawAnswer } from './raw-http.ts';
import { startServer, type TestServer } from './server.ts';

const password = 'correct horse 7';
let server: TestServer;
let chief: Client;
let person: Client;
/** Asks below `/v1`. */
let gateway: Client;

beforeAll(async () => {
  server = await startServer({
    env: { DAILY_REQUEST_LIMIT: '-1', LOGIN_FAILURES_PER_ACCOUNT: '5' },
  });
  chief = await joinAs(server.url, 'chief');
  person = await joinAs(server.url, 'person');
  gateway = clientOf(server.url, (await person.post('/keys', { name: 'k' })).body.key);
});
afterAll(() => server.close());

describe('whoever guesses passwords is counted by where the connection comes from', () => {
  const forged = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip'];
  test.each(forged)('whatever %s says', async (header) => {
    const victim = await joinAs(server.url, 'victim');
    const statuses: number[] = [];
    for (let index = 0; index < 7; index += 1) {
      const value = header === 'forwarded' ? `for=198.51.100.${index}` : `198.51.100.${index}`;
      const answer = await sendRaw(server.url, {
        method: 'POST',
        path: '/accounts/login',
        headers: { 'content-type': 'application/json', [header]: value },
        body: JSON.stringify({ email: victim.email, password: 'wrong horse' }),
      });
      statuses.push(answer.status!);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });
});

describe('a request that arrives a byte at a time', () => {
  // A server of its own: elsewhere a busy machine may take a second for a whole request.
  let impatient: TestServer;
  beforeAll(async () => {
    impatient = await startServer({ env: { REQUEST_TIMEOUT_MS: '1000' } });
  });
  afterAll(() => impatient.close());

  test.each([
    ['its headers', 'GET / HTTP/1.1\r\nHost: a\r\nX: '],
    [
      'its body',
      'POST /accounts/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n',
    ],
  ])('is cut off after a while: %s', async (_what, begin) => {
    const { hostname, port } = new URL(impatient.url);
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    socket.on('error', () => undefined);
    socket.write(begin);
    const drip = setInterval(() => socket.write('a'), 50);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(drip);
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"too_slow"/);
    expect((await send(`${impatient.url}/health/live`, 'GET')).status).toBe(200);
  });
});

/** Every text that somebody can write: method, path, a valid body, the field that is tried. */
const fields: [method: string, path: string, body: Record<string, unknown>, field: string][] = [
  ['POST', '/accounts/join', { email: 'nul@example.com', password, nickname: 'n' }, 'nickname'],
  ['POST', '/accounts/join', { email: 'nul@example.com', password, nickname: 'n' }, 'email'],
  ['POST', '/accounts/join', { email: 'nul@example.com', password, nickname: 'n' }, 'password'],
  ['POST', '/accounts/join', { email: 'nul@example.com', password, nickname: 'n' }, 'setup_code'],
  ['POST', '/accounts/login', { email: 'nul@example.com', password }, 'otp'],
  ['POST', '/accounts/login/code', {}, 'otp'],
  ['PUT', '/accounts/profile', {}, 'nickname'],
  ['PUT', '/accounts/profile', { password: 'x' }, 'current_password'],
  ['PUT', '/accounts/two-factor', {}, 'otp'],
  ['POST', '/chat', { content: 'a' }, 'content'],
  ['POST', '/chat', { content: 'a' }, 'system_prompt'],
  ['POST', '/chat', { content: 'a' }, 'model'],
  ['POST', '/keys', { name: 'a' }, 'name'],
  ['POST', '/quote', { content: 'a' }, 'content'],
  ['POST', '/quote', { content: 'a' }, 'speaker'],
  ['POST', '/quote', { content: 'a' }, 'episode'],
  ['POST', '/quote', { content: 'a' }, 'situation'],
  ['PUT', '/usage/webhook', {}, 'url'],
  ['POST', '/sessions', {}, 'bot'],
  ['POST', '/admin/networks', { cidr: '198.18.0.0/16' }, 'reason'],
  ['PUT', '/admin/aliases/x', { targets: [] }, 'source'],
  ['POST', '/bots', { slug: 'nul', name: 'a', instructions: 'a' }, 'name'],
  ['POST', '/bots', { slug: 'nul', name: 'a', instructions: 'a' }, 'instructions'],
  ['POST', '/v1/assistants', { model: 'demo' }, 'name'],
  ['POST', '/v1/assistants', { model: 'demo' }, 'instructions'],
  ['POST', '/v1/vector_stores', {}, 'name'],
];

describe('a text', () => {
  const clientFor = (path: string) => (path.startsWith('/v1/') ? gateway : /admin|bots/.test(path) ? chief : person);
  const write = (method: string, path: string, body: unknown) =>
    sendRaw(server.url, {
      method,
      path,
      headers: { authorization: `Bearer ${clientFor(path).token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const codeOf = ({ status }: RawAnswer) => status;

  test.each(fields)('of %s %s %o never holds U+0000: %s', async (method, path, body, field) => {
    const answer = await write(method, path, { ...body, [field]: 'a\u0000b' });
    expect([400, 401, 422]).toContain(codeOf(answer));
    expect(answer.text).not.toContain('\u0000');
  });

  test.each(fields)(
    'of %s %s %o with half a surrogate is no failure of ours: %s',
    async (method, path, body, field) => {
      const answer = await write(method, path, { ...body, [field]: 'a\ud83d' });
      expect(codeOf(answer)).toBeLessThan(500);
      expect(answer.text).not.toMatch(/\\ud83d/i);
    },
  );

  test.each([
    ['POST', '/v1/threads', { messages: [{ role: 'user', content: 'a\u0000b' }] }],
    ['POST', '/v1/threads', { metadata: { 'a\u0000': 'b' } }],
    ['POST', '/v1/threads', { metadata: { a: 'b\u0000' } }],
    ['POST', '/v1/assistants', { model: 'demo', metadata: { a: '\u0000' } }],
    ['POST', '/v1/chat/completions', { model: 'demo', messages: [{ role: 'user', content: 'a\u0000b' }] }],
    ['POST', '/v1/responses', { model: 'demo', input: 'a\u0000b' }],
    ['POST', '/v1/embeddings', { model: 'demo', input: 'a\u0000b' }],
  ])('below %s %s is stored whole or refused: %o', async (method, path, body) => {
    expect(codeOf(await write(method, path, body))).toBeLessThan(500);
  });
});

describe('a line end', () => {
  test.each([
    '/accounts/profile?a=%0d%0aSet-Cookie:%20x=1',
    '/accounts/profile?next=/%0d%0aX-Evil:1',
    '/chat?%0d%0a%0d%0a<script>',
    '/usage?x=\u00e9%0a',
  ])('in an address begins no second header: %s', async (path) => {
    const answer = await sendRaw(server.url, { method: 'GET', path, headers: { accept: 'text/html' } });
    expect([302, 400]).toContain(answer.status);
    expect(Object.keys(answer.headers)).not.toContain('x-evil');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers.location ?? '').not.toMatch(/[\r\n]/);
  });

  test('in a name is a space, and in an address for mails a mistake', async () => {
    const named = await person.post('/keys', { name: 'a\r\nBcc: x@example.com' });
    expect(named.body.name).toBe('a Bcc: x@example.com');
    for (const email of ['a@example.com\r\nBcc: b@example.com', 'a@example.com,b@example.com', '<a@example.com>']) {
      const answer = await send(`${server.url}/accounts/join`, 'POST', { email, password, nickname: 'n' });
      expect([answer.status, answer.body.errors[0].path]).toEqual([422, 'email']);
    }
  });
});

describe('too much', () => {
  test.each([
    ['an address of 15,000 characters', `/${'a'.repeat(15_000)}`, 404],
    ['one of 20,000', `/${'a'.repeat(20_000)}`, 431],
    ['a query of 15,000', `/?q=${'a'.repeat(15_000)}`, 200],
    ['5,000 parameters', `/accounts/login?${'a=1&'.repeat(3_500)}`, 200],
  ])('is %s: an answer, never a failure', async (_what, path, status) => {
    expect((await sendRaw(server.url, { method: 'GET', path })).status).toBe(status);
  });

  test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'x'])('is a body packed by %s: 415', async (coding) => {
    const body = gzipSync(JSON.stringify({ content: 'a'.repeat(1_000_000) }));
    const headers = { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' };
    for (const path of ['/chat', '/v1/chat/completions']) {
      const packed = { ...headers, 'content-encoding': coding };
      expect((await sendRaw(server.url, { method: 'POST', path, headers: packed, body })).status).toBe(415);
    }
  });
});

test('of two fields with one name the last one counts, for the check as well as for the row', async () => {
  const twice = '{"nickname":"first","nickname":"second","role":"administrator","role":"member"}';
  expect((await person.put('/accounts/profile', twice)).body).toMatchObject({ nickname: 'second', role: 'member' });
  const overruled = '{"nickname":"fine","nickname":""}';
  expect((await person.put('/accounts/profile', overruled)).status).toBe(422);
  const models = '{"model":"demo","model":"other","messages":[]}';
  expect((await gateway.post('/v1/chat/completions', models)).status).toBe(400);
});

test('fields of the object prototype set nothing, at any depth', async () => {
  const evil = '{"role":"administrator","is_apply":true,"status":"applied"}';
  const body = `{"content":"a","__proto__":${evil},"constructor":{"prototype":${evil}},"a":{"__proto__":${evil}}}`;
  const { status, body: quote } = await person.post('/quote', body);
  expect([status, quote.is_apply, quote.status]).toEqual([201, false, 'requested']);
  expect((await person.get('/accounts/profile')).body.role).toBe('member');
  expect(({} as { role?: string }).role).toBeUndefined();
});
