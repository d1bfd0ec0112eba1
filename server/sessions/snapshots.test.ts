import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let administrator: Client;
let author: Client;
let other: Client;
let nobody: Client;
let now = Date.now();

beforeAll(async () => {
  server = await startServer({ clock: () => now, env: { DAILY_REQUEST_LIMIT: '100' } });
  administrator = await joinAs(server.url, 'administrator');
  author = await joinAs(server.url, 'author');
  other = await joinAs(server.url, 'other');
  nobody = clientOf(server.url, '');
});
afterAll(() => server.close());

async function publish(content = '공개할 질문', body: object = {}): Promise<{ path: string; session: number }> {
  const { body: turn } = await author.post('/chat', { content });
  const { status, body: page } = await author.post(`/sessions/${turn.session_id}/snapshots`, body);
  expect(status).toBe(201);
  expect(page.url).toMatch(/\/s\/[\w-]{22}$/);
  return { path: `/s/${page.id}`, session: turn.session_id };
}

test('only its author is told that a page is theirs', async () => {
  const { path, session } = await publish();
  expect((await author.get(`${path}/own`)).body).toEqual({ mine: true, session_id: session });
  expect((await other.get(`${path}/own`)).body).toEqual({ mine: false, session_id: null });
  expect((await nobody.get(`${path}/own`)).status).toBe(401);
  expect((await author.get('/s/aaaaaaaaaaaaaaaaaaaaaa/own')).status).toBe(404);
});

test('anybody reads a published page, without a cookie, an address or an id of its author', async () => {
  const { path } = await publish();
  const { status, headers, body } = await nobody.get(path);
  expect(status).toBe(200);
  expect(body).toMatchObject({ author: 'author', turns: [{ content: '공개할 질문', kind: 'question' }] });
  expect(headers.get('set-cookie')).toBeNull();
  expect(headers.get('x-robots-tag')).toBe('noindex');
  expect(JSON.stringify(body)).not.toMatch(/@|user_id|session_id/);
  const etag = headers.get('etag')!;
  expect((await nobody.get(path, { 'if-none-match': etag })).status).toBe(304);
  // A login that has ended does not keep anybody from reading.
  expect((await nobody.get(path, { authorization: 'Bearer nothing' })).status).toBe(200);
});

test('the copy does not follow the session until its author replaces it', async () => {
  const { path, session } = await publish('처음');
  await author.post('/chat', { content: '나중', session_id: session });
  expect((await nobody.get(path)).body.turns).toHaveLength(1);
  expect((await other.put(path, {})).status).toBe(403);
  expect((await nobody.put(path, {})).status).toBe(401);
  const replaced = await author.put(path, { anonymous: true, title: '새 제목' });
  expect(replaced.body).toMatchObject({ author: null, title: '새 제목' });
  expect((await nobody.get(path)).body.turns).toHaveLength(2);
});

test('a revoked page is gone at once, for JSON and for browsers', async () => {
  const { path, session } = await publish();
  expect((await other.delete(path)).status).toBe(403);
  expect((await author.delete(path)).status).toBe(204);
  expect((await nobody.get(path)).status).toBe(410);
  expect((await send(server.url + path, 'GET', undefined, { accept: 'text/html' })).status).toBe(410);
  expect((await author.put(path, {})).status).toBe(410);
  const { body } = await author.get(`/sessions/${session}/snapshots`);
  expect(body.results[0].state).toBe('revoked');
  expect((await nobody.get('/s/AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(404);
});

test('a page ends at its time, and with its session', async () => {
  const expires_at = new Date(now + 60_000).toISOString();
  const { path } = await publish('곧 끝나요', { expires_at });
  expect((await nobody.get(path)).body.expires_at).toBe(expires_at);
  now += 61_000;
  expect((await nobody.get(path)).status).toBe(410);
  const kept = await publish('지울 대화');
  await author.delete(`/sessions/${kept.session}`);
  expect((await nobody.get(kept.path)).status).toBe(410);
  const { body } = await author.post('/chat', { content: 'x' });
  const past = { expires_at: new Date(now - 1).toISOString() };
  expect((await author.post(`/sessions/${body.session_id}/snapshots`, past)).status).toBe(422);
});

test('only pages that are meant to be are listed, and only own sessions are published', async () => {
  const { path, session } = await publish('목록에 있어요', { listed: true });
  const hidden = await publish('링크로만 봐요');
  const urls = (await nobody.get('/s')).body.results.map(({ url }: { url: string }) => new URL(url).pathname);
  expect(urls).toContain(path);
  expect(urls).not.toContain(hidden.path);
  expect((await other.post(`/sessions/${session}/snapshots`, {})).status).toBe(404);
  expect((await other.get(`/sessions/${session}/snapshots`)).status).toBe(404);
});

test('the listed pages of one bot are found by its slug, and the links of their list keep it', async () => {
  const { body: guided } = await author.post('/sessions', { bot: 'planner' });
  await author.post(`/sessions/${guided.id}/prompts`, { content: '요즘 잠을 못 자요' });
  const { body: page } = await author.post(`/sessions/${guided.id}/snapshots`, { listed: true });
  await publish('자유 대화의 질문', { listed: true });
  const { body } = await nobody.get('/s?bot=planner&per_page=5');
  expect(body.results.map(({ id }: { id: string }) => id)).toEqual([page.id]);
  expect(body.links[0].href).toContain('bot=planner');
  expect((await nobody.get('/s?bot=nobody')).body).toMatchObject({ count: 0, results: [] });
  expect((await nobody.get('/s')).body.count).toBeGreaterThan(1);
});

test('a reported page is hidden by an administrator, and comes back', async () => {
  const { path } = await publish();
  const id = path.slice(3);
  for (const reporter of [nobody, nobody, other]) {
    expect((await reporter.post(`${path}/report`, { reason: '문제가 있어요' })).status).toBe(204);
  }
  expect((await other.get('/admin/pages')).status).toBe(403);
  const { body } = await administrator.get('/admin/pages');
  expect(body.results[0]).toMatchObject({ id, reports: 2, reasons: ['문제가 있어요', '문제가 있어요'] });
  expect((await administrator.put(`/admin/pages/${id}`, { hidden: true })).status).toBe(204);
  expect((await nobody.get(path)).status).toBe(410);
  for (const again of [false, false]) await administrator.put(`/admin/pages/${id}`, { hidden: again });
  expect((await nobody.get(path)).status).toBe(200);
  expect((await administrator.put('/admin/pages/nobody-has-this-page', { hidden: true })).status).toBe(404);
  const audit = (await administrator.get('/admin/audit')).body.results;
  expect(audit.filter(({ detail }: { detail: { page: string } }) => detail.page === id)).toMatchObject([
    { action: 'page.shown', actor_id: expect.any(Number), subject_id: expect.any(Number) },
    { action: 'page.hidden' },
  ]);
});

test('a browser’s page says what it is, and no title becomes markup', async () => {
  const { path, session } = await publish('설명이 될 </title><script>alert(1)</script> 문장', {
    title: '"><script>alert(2)</script> $& 제목',
  });
  for (const address of [path, `/sessions/${session}`]) {
    if (address !== path) await author.patch(address, { visibility: 'public' });
    const { body, headers } = await send(server.url + address, 'GET', undefined, { accept: 'text/html' });
    expect(headers.get('x-robots-tag')).toBe('noindex');
    expect(headers.get('set-cookie')).toBeNull();
    expect(body).toContain('<meta property="og:title"');
    expect(body).toContain('<meta property="og:description"');
    expect(body).toContain('content="noindex"');
    expect(body).not.toContain('<script>alert');
  }
});

test('a reader goes on from a copy of their own', async () => {
  const { path } = await publish('이어 갈 질문');
  expect((await nobody.post(`${path}/copy`)).status).toBe(401);
  const { status, body } = await other.post(`${path}/copy`);
  expect(status).toBe(201);
  expect(body).toMatchObject({ mine: true, visibility: 'private', prompts: [{ content: '이어 갈 질문' }] });
  const next = await other.post('/chat', { content: '더 물어볼게요', session_id: body.id });
  expect(next.status).toBe(201);
  expect((await other.get('/chat')).body.count).toBe(1);
});

test('whoever reads page after page without a login has to slow down; members and other networks go on', async () => {
  const busy = await startServer({ env: { TRUST_PROXY: '127.0.0.1', PUBLIC_READS_PER_NETWORK: '5' } });
  const member = await joinAs(busy.url, 'member');
  const { body } = await member.post('/chat', { content: '공개할 질문' });
  const page = new URL((await member.post(`/sessions/${body.session_id}/snapshots`, {})).body.url).pathname;
  const read = async (path: string, headers: Record<string, string>) =>
    (await send(busy.url + path, 'GET', undefined, headers)).status;
  const one = { 'x-forwarded-for': '2001:db8:1:2::1' };
  const statuses = [];
  for (const path of [page, '/s', '/sessions', '/sessions/999', `${page}?again`, page])
    statuses.push(await read(path, one));
  expect(statuses).toEqual([200, 200, 200, 404, 200, 429]);
  const neighbour = { 'x-forwarded-for': '2001:db8:1:2:ffff::9' };
  expect([
    await read(page, { ...neighbour, accept: 'text/html' }),
    await read(page, { ...neighbour, cookie: 'daesa=x' }),
  ]).toEqual([429, 429]);
  expect(await read('/sessions', { ...one, authorization: `Bearer ${member.token}` })).toBe(200);
  expect(await read(page, { 'x-forwarded-for': '2001:db8:1:3::1' })).toBe(200);
  await busy.close();
});
