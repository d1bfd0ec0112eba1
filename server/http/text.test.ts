import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let person: Client;

beforeAll(async () => {
  server = await startServer({ env: { DAILY_REQUEST_LIMIT: '-1' } });
  await joinAs(server.url, 'first');
  person = await joinAs(server.url, 'person');
});
afterAll(() => server.close());

/** What is stored of a message, and shown again: by POST, by its own address, by the list and by the search. */
async function stored(content: string, search = content): Promise<string[]> {
  const json = JSON.stringify({ content });
  const answer = await person.post('/chat', json);
  expect(answer.status).toBe(201);
  const one = await person.get(`/chat/${answer.body.id}`);
  const list = await person.get('/chat');
  const found = await person.get(`/chat?q=${encodeURIComponent(search.slice(0, 100))}`);
  return [answer.body.content, one.body.content, list.body.results[0].content, found.body.results[0]?.content];
}

test.each([
  ['a lone high surrogate', 'a\ud83db', 'a\ufffdb'],
  ['a lone low surrogate', '\udc00', '\ufffd'],
  ['surrogates in the wrong order', 'x\udc34\ud83dy', 'x\ufffd\ufffdy'],
])('%s becomes U+FFFD, the same on every way out and both databases', async (_what, given, kept) => {
  expect(await stored(given, kept)).toEqual([kept, kept, kept, kept]);
});

test.each([
  ['a family', '👨‍👩‍👧‍👦 가족'],
  ['combining marks', 'e\u0301\u0323 z\u0300'],
  ['decomposed Hangul', '한글'.normalize('NFD')],
  ['controls', 'a\u0001\u0007\u001b[31m\u007f\u0085 b'],
  ['text that turns', '\u202eabc\u2066'],
  ['SQL', `'; drop table users; -- " \\ % _ ?`],
  ['HTML', '<script>alert(1)</script>&amp;'],
  ['line ends', 'a\r\nb\rc\u2028d\u2029e'],
  ['noncharacters', '\ufffe\uffff\u{1fffe}'],
])('%s in a message is kept as it is', async (_what, content) => {
  expect(await stored(content)).toEqual([content, content, content, content]);
});

test('a name keeps what is well-formed and shows U+FFFD for the rest', async () => {
  const answer = await person.put('/accounts/profile', '{"nickname":"a\\ud800 \\u00e9 \\ud83d\\udc34"}');
  expect([answer.status, answer.body.nickname]).toEqual([200, 'a\ufffd é 🐴']);
});

test('fields of the object prototype are fields like any other that a route does not know', async () => {
  const body =
    '{"content":"Hi","__proto__":{"model":"evil","temperature":9},"constructor":{"prototype":{"role":"administrator"}}}';
  const answer = await person.post('/chat', body);
  expect(answer.status).toBe(201);
  expect(answer.body.model).not.toBe('evil');
  expect(({} as { role?: string }).role).toBeUndefined();
});

test('exactly 64 levels, a body of exactly 1 MiB and a charset are taken', async () => {
  const nested = `{"content":"Hi","unknown":${'['.repeat(63)}${']'.repeat(63)}}`;
  expect((await person.post('/chat', nested)).status).toBe(201);
  const large = `{"nickname":"large","unknown":"${'a'.repeat(1_048_576 - 33)}"}`;
  const padded = large.padEnd(1_048_576, ' ');
  expect((await person.put('/accounts/profile', padded)).status).toBe(200);
  expect((await person.put('/accounts/profile', `${padded} `)).status).toBe(413);
  const headers = { 'content-type': 'Application/JSON; charset=UTF-8' };
  expect((await person.put('/accounts/profile', '{"nickname":"charset"}', headers)).status).toBe(200);
});

test('brackets inside of texts are no nesting', async () => {
  const content = `${'['.repeat(500)}\\"${'{'.repeat(500)}`;
  const answer = await send(`${server.url}/chat`, 'POST', JSON.stringify({ content }), {
    authorization: `Bearer ${person.token}`,
  });
  expect([answer.status, answer.body.content]).toEqual([201, content]);
});
