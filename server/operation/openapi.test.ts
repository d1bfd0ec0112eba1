import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp, type Server } from '#server/app.ts';
import { send } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

interface Operation {
  summary: string;
  tags?: string[];
  security: Record<string, string[]>[];
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

let server: TestServer;
let document: Document;
/** The same application once more, on the same parts: what it has registered can be printed. */
let twin: Server;

beforeAll(async () => {
  server = await startServer();
  document = (await send(`${server.url}/openapi.json`, 'GET')).body;
  twin = await buildApp(server.context);
  await twin.app.ready();
});
afterAll(async () => {
  await twin.app.close();
  await server.close();
});

function operations(): { name: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );
}

/** `METHOD path` of every registered route, read from the tree that the router prints. */
function registered(): string[] {
  const branch: string[] = [];
  const found: string[] = [];
  for (const line of twin.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    if (!part) continue;
    branch.splice(indent.length / 4, Infinity, part);
    for (const method of methods.split(', ').filter((name) => name !== '' && name !== 'HEAD')) {
      found.push(`${method} ${branch.join('').replaceAll(/:(\w+)/g, '{$1}')}`);
    }
  }
  return found;
}

/** What is no part of the API: the reference itself, the files of the web app, preflights, and sockets. */
const outside =
  /^(GET \/(docs|redoc|openapi\.json|assets|chat\/ws|v1\/realtime)|OPTIONS |GET \/(icons\/)?[^/]*\.\w+$)|\*$/;

test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone({ ...document }));
  expect(result.errors).toBeUndefined();
  expect([result.valid, document.openapi]).toEqual([true, '3.1.0']);
});

test('every reference of the document leads somewhere', () => {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
  const names = new Set([...references].map(([, name]) => name));
  expect(names.size).toBeGreaterThan(10);
  expect([...names].filter((name) => !document.components.schemas[name!])).toEqual([]);
});

test('every route of the API is in the document', () => {
  const routes = registered();
  for (const known of ['POST /chat', 'DELETE /chat/{id}', 'GET /health/ready']) expect(routes).toContain(known);
  const described = new Set(operations().map(({ name }) => name));
  expect(routes.filter((route) => !outside.test(route) && !described.has(route))).toEqual([]);
});

test('every operation has a summary, a tag and its answers; refusals are problems, below /v1 errors of OpenAI', () => {
  for (const { name, path, operation } of operations()) {
    expect([name, operation.summary]).toEqual([name, expect.stringMatching(/\S/)]);
    if (path.startsWith('/v1/')) continue;
    expect([name, operation.tags]).toEqual([name, [expect.any(String)]]);
    expect([name, Object.keys(operation.responses).some((status) => /^[23]\d\d$/.test(status))]).toEqual([name, true]);
    const types = Object.entries(operation.responses.default?.content ?? {});
    expect([name, types]).toEqual([
      name,
      [['application/problem+json', { schema: { $ref: '#/components/schemas/Problem' } }]],
    ]);
  }
});

test('an operation asks for a credential exactly where its route does', () => {
  const security = (method: string, path: string) => document.paths[path]![method]!.security;
  expect(security('post', '/accounts/login')).toEqual([]);
  expect(security('get', '/health')).toEqual([]);
  expect(security('get', '/accounts/profile')).toEqual([{ bearer: [] }, { cookie: [] }]);
  expect(security('post', '/chat')).toEqual([{ bearer: [] }, { cookie: [] }]);
  expect(security('get', '/metrics')).toEqual([{}, { bearer: [] }, { cookie: [] }]);
});

test('no operation that asks for nothing refuses an anonymous request, and every other does', async () => {
  const reads = operations().filter(({ name, path }) => name.startsWith('GET ') && !path.includes('{'));
  expect(reads.length).toBeGreaterThan(8);
  for (const { path, operation } of reads) {
    const { status } = await send(server.url + path, 'GET');
    const isOpen = operation.security.length === 0 || operation.security.some((each) => Object.keys(each).length === 0);
    expect([path, status === 401]).toEqual([path, !isOpen]);
  }
});
