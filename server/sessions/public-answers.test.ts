/** What a reader without a login is shown, whatever the path: never who the people are. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs, send } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
const paths: string[] = [];

beforeAll(async () => {
  server = await startServer({ env: { DAILY_REQUEST_LIMIT: '100' } });
  const administrator = await joinAs(server.url, 'administrator');
  const author = await joinAs(server.url, 'author', 'unseen.address@example.com');
  const { body: turn } = await author.post('/chat', { content: '모두가 읽을 질문' });
  await author.patch(`/sessions/${turn.session_id}`, { visibility: 'public' });
  const { body: page } = await author.post(`/sessions/${turn.session_id}/snapshots`, { listed: true });
  const { body: quote } = await author.post('/quote', { content: '모두가 읽을 대사' });
  await author.put(`/quote/${quote.id}/vote`);
  await administrator.put(`/quote/${quote.id}`, { is_apply: true, reply: '반영했어요' });
  paths.push('/sessions', '/sessions?q=읽을', `/sessions/${turn.session_id}`, '/s', `/s/${page.id}`);
  paths.push(
    '/quote',
    `/quote/${quote.id}`,
    '/quote?q=읽을',
    '/quote/similar?content=읽을 대사',
    '/bots',
    '/bots/free',
  );
});
afterAll(() => server.close());

test.each(['application/json', 'text/html'])('no address, no id of a person and no cookie is in %s', async (accept) => {
  for (const path of paths) {
    const { status, headers, body } = await send(server.url + path, 'GET', undefined, { accept });
    expect([path, status]).toEqual([path, 200]);
    expect([path, headers.get('set-cookie')]).toEqual([path, null]);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(text).not.toMatch(/unseen|@example|"(user|author|owner)_id"/);
    const named = accept === 'application/json' && !path.startsWith('/bots');
    expect([path, !named || text.includes('author')]).toEqual([path, true]);
  }
});
