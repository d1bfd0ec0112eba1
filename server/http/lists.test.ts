/** What holds for every list of the API, found in its own description. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

interface Operation {
  parameters?: { name: string; in: string }[];
}

let server: TestServer;
let administrator: Client;
let lists: string[];

beforeAll(async () => {
  server = await startServer();
  administrator = await joinAs(server.url, 'administrator');
  const { body } = await administrator.post('/chat', { content: '질문' });
  await administrator.post(`/sessions/${body.session_id}/snapshots`, {});
  const { paths } = (await administrator.get('/openapi.json')).body as { paths: Record<string, { get?: Operation }> };
  lists = Object.entries(paths)
    .filter(([, { get }]) =>
      get?.parameters?.some((parameter) => parameter.in === 'query' && parameter.name === 'page'),
    )
    .map(([path]) => path.replace('{id}', String(body.session_id)).replace('{slug}', 'free'));
});
afterAll(() => server.close());

test('every list is bounded: pages that can not be are refused, one far behind the last is empty', async () => {
  for (const path of ['/chat', '/sessions', '/quote', '/bots', '/keys', '/admin/users']) expect(lists).toContain(path);
  for (const path of lists) {
    for (const page of ['0', '-1', 'abc', '1.5', '', '1000000001', '99999999999999999999']) {
      const { status, body } = await administrator.get(`${path}?page=${page}`);
      expect([path, page, status, body.errors?.[0].path]).toEqual([path, page, 422, 'page']);
    }
    for (const page of ['1000000000', '1e9']) {
      const { status, body } = await administrator.get(`${path}?page=${page}`);
      expect([path, page, status, body.results]).toEqual([path, page, 200, []]);
    }
  }
  for (const path of ['/sessions?mine=true', '/chat', '/sessions', '/quote']) {
    const { body } = await administrator.get(`${path}${path.includes('?') ? '&' : '?'}q=질문&page=1000000000`);
    expect([path, body.results]).toEqual([path, []]);
  }
});
