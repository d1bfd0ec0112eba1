import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
let server: TestServer;
let person: Client;

beforeAll(async () => {
  server = await startServer();
  person = await joinAs(server.url, 'person');
});
afterAll(() => server.close());

const open = (path: string, headers: Record<string, string> = {}) =>
  send(server.url + path, 'GET', undefined, { accept: browser, ...headers });
const cookie = () => ({ cookie: `daesa=${person.token}` });
const type = (answer: Awaited<ReturnType<typeof open>>) => answer.headers.get('content-type')?.split(';')[0];

describe('a page', () => {
  test.each(['/', '/accounts/login', '/accounts/join', '/accounts/login?next=%2Fchat'])(
    'for everybody is the web app for a browser and JSON for everyone else: %s',
    async (path) => {
      const page = await open(path);
      expect([page.status, type(page)]).toEqual([200, 'text/html']);
      expect(page.body).toMatch(/^<!doctype html>/i);
      expect(page.headers.get('vary')).toMatch(/\bAccept\b/);
      expect(page.headers.get('cache-control')).toBe('no-cache');
      const document = await send(server.url + path, 'GET');
      expect([document.status, type(document)]).toEqual([200, 'application/json']);
      expect(document.headers.get('vary')).toMatch(/\bAccept\b/);
    },
  );

  test.each([
    ['/chat', '/chat'],
    ['/chat?q=a%20b', '/chat?q=a%20b'],
    ['/accounts/profile', '/accounts/profile'],
  ])('that needs a login leads a browser to it and back: %s', async (path, next) => {
    const sent = await open(path);
    expect([sent.status, sent.headers.get('location')]).toEqual([
      302,
      `/accounts/login?next=${encodeURIComponent(next)}`,
    ]);
    expect(sent.headers.get('cache-control')).toBe('no-store');
    const stale = await open(path, { cookie: 'daesa=void' });
    expect(stale.status).toBe(302);
    const page = await open(path, cookie());
    expect([page.status, type(page)]).toEqual([200, 'text/html']);
  });

  test('that is none, but needs a login, leads a browser to it too; logging out leads nowhere after it', async () => {
    for (const headers of [{ cookie: '' }, { cookie: 'daesa=void' }]) {
      const places = [await open('/accounts/export', headers), await open('/accounts/logout', headers)].map(
        (answer) => [answer.status, answer.headers.get('location')],
      );
      expect(places).toEqual([
        [302, '/accounts/login?next=%2Faccounts%2Fexport'],
        [302, '/accounts/login'],
      ]);
    }
    expect((await open('/accounts/logout', { cookie: 'daesa=void' })).headers.get('set-cookie')).toMatch(/^daesa=;/);
    expect((await send(`${server.url}/accounts/logout`, 'GET')).status).toBe(401);
  });

  test('that needs a login is 401 for a program, with what it asks for', async () => {
    const answer = await send(`${server.url}/chat`, 'GET');
    expect([answer.status, type(answer)]).toEqual([401, 'application/problem+json']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="daesa"');
    expect(answer.headers.get('vary')).toMatch(/\bAccept\b/);
  });

  test.each([
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/json, text/html;q=0.9', 'application/json'],
    ['text/html;q=0, */*', 'application/json'],
    ['text/htmlx', 'application/json'],
    ['image/png', 'application/json'],
    ['text/html', 'text/html'],
    ['TEXT/HTML', 'text/html'],
    ['text/html, application/json', 'text/html'],
    ['text/html;q=0.5, application/json;q=0.4', 'text/html'],
    ['application/xhtml+xml, text/html;charset=utf-8;q=0.9', 'text/html'],
  ])('shows to Accept: %s the face %s', async (accept, face) => {
    expect(type(await open('/', { accept }))).toBe(face);
  });

  test('is for reading: what a browser sends is answered as JSON', async () => {
    const answer = await send(`${server.url}/accounts/login`, 'POST', {}, { accept: browser });
    expect([answer.status, type(answer)]).toEqual([422, 'application/problem+json']);
  });

  test('is not found by another spelling: a browser hears so from the app, a program as a problem', async () => {
    for (const path of ['//', '/CHAT', '/chat%2F', '/accounts', '/nothing']) {
      const page = await open(path);
      expect([path, page.status, type(page)]).toEqual([path, 404, 'text/html']);
      const problem = await open(path, { accept: 'application/json' });
      expect([path, problem.status, type(problem)]).toEqual([path, 404, 'application/problem+json']);
    }
  });
});

describe('every answer', () => {
  test.each(['/', '/chat', '/nothing', '/health', '/accounts/login', '/openapi.json', '/docs/', '/redoc'])(
    'carries the security headers and says nothing of what it runs on: %s',
    async (path) => {
      for (const accept of ['application/json', browser]) {
        const { headers } = await open(path, { accept });
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('x-frame-options')).toMatch(/^(SAMEORIGIN|DENY)$/);
        expect(headers.get('referrer-policy')).toBe('no-referrer');
        expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
        expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
        expect(headers.get('content-security-policy')).toMatch(/script-src 'self'/);
        expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*'unsafe/);
        expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
        expect(headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
      }
    },
  );

  test('that depends on who asks is kept nowhere', async () => {
    const made = await person.post('/chat', { content: 'Hi' });
    expect(made.status).toBe(201);
    const paths = ['/accounts/profile', '/chat', `/chat/${made.body.id}`, '/models', '/keys'];
    for (const path of paths) {
      const answer = await person.get(path);
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
    }
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect((await person.get('/chat/999999')).headers.get('cache-control')).toBe('no-store');
  });

  test('asks browsers to stay with https only where people come by https', async () => {
    expect((await send(`${server.url}/`, 'GET')).headers.get('strict-transport-security')).toBeNull();
    const secure = await startServer({ env: { PUBLIC_URL: 'https://daesa.example.com' } });
    const answer = await send(`${secure.url}/`, 'GET');
    expect(answer.headers.get('strict-transport-security')).toMatch(/max-age=31536000/);
    await secure.close();
  });
});

describe('a page of another origin', () => {
  const allowed = 'https://partner.example.net';
  let shared: TestServer;
  beforeAll(async () => {
    shared = await startServer({ env: { CORS_ORIGINS: `${allowed}, http://localhost:5173` } });
  });
  afterAll(() => shared.close());

  const ask = (origin: string, url = shared.url) =>
    send(`${url}/`, 'GET', undefined, { origin, accept: 'application/json' });
  const preflight = (origin: string, method: string, url = shared.url) =>
    send(`${url}/chat`, 'OPTIONS', undefined, {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    });

  test('that is allowed may read, with credentials, and knows the headers that matter', async () => {
    const answer = await ask(allowed);
    expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/retry-after/);
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
    expect(answer.headers.get('vary')).toMatch(/\bAccept\b/);
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('that is allowed may send %s', async (method) => {
    const answer = await preflight(allowed, method);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
    expect(answer.headers.get('access-control-allow-methods')).toMatch(new RegExp(`\\b${method}\\b`));
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/authorization/);
  });

  test.each([
    'null',
    'https://evil.example',
    'http://partner.example.net',
    'https://partner.example.net:8443',
    'https://partner.example.net.evil.example',
    'https://evil-partner.example.net',
    'https://a.partner.example.net',
    'https://PARTNER.example.net',
    'https://partner.example.net/',
    'http://localhost:5174',
    'http://localhost',
    '*',
  ])('that is not allowed gets nothing: %s', async (origin) => {
    for (const answer of [await ask(origin), await preflight(origin, 'POST')]) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
    }
  });

  test('gets nothing where no origin is allowed, and OPTIONS is no route', async () => {
    const answer = await ask(allowed, server.url);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const asked = await preflight(allowed, 'POST', server.url);
    expect([asked.status, type(asked)]).toEqual([405, 'application/problem+json']);
  });
});

describe('a path that takes another method', () => {
  test.each([
    ['PATCH', '/chat/1', 'DELETE, GET, HEAD'],
    ['DELETE', '/accounts/join', 'GET, HEAD, POST'],
    ['PUT', '/health', 'GET, HEAD'],
    ['POST', '/quote/7/vote', 'DELETE, PUT'],
    ['GET', '/sessions/3/ask', 'POST'],
  ])('%s %s is 405 and says which', async (method, path, allow) => {
    const answer = await send(server.url + path, method, undefined, { authorization: `Bearer ${person.token}` });
    expect([answer.status, answer.body.code, answer.headers.get('allow')]).toEqual([405, 'method_not_allowed', allow]);
  });

  test.each(['/nothing', '/chat/1/2/3', '/CHAT', '//chat', '/chat%2F1', '/chat/'])('is not %s: 404', async (path) => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await send(server.url + path, method, undefined, { authorization: `Bearer ${person.token}` });
      expect([answer.status, answer.headers.get('allow')]).toEqual([404, null]);
    }
  });
});

test('a file of the app that is not there is not there, whatever the method of its neighbours', async () => {
  const { status, body } = await send(`${server.url}/assets/gone.js`, 'GET');
  expect([status, body.code]).toEqual([404, 'not_found']);
});
