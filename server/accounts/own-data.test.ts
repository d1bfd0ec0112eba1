import { sql } from 'kysely';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { readZip } from '#test/read-zip.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

const password = 'correct horse 7';
/** An id that no count, size or instant of another row is. */
const FAR = 7_000_000_007;
let server: TestServer & { databaseUrl: string | undefined };
let chief: Client;

beforeAll(async () => {
  server = await startServer();
  chief = await joinAs(server.url, 'chief');
  await writeTo(
    server,
    server.databaseUrl
      ? `alter table users alter column id restart with ${FAR}`
      : `update sqlite_sequence set seq = ${FAR - 1} where name = 'users'`,
  );
});
afterAll(() => server.close());

/** A member of every feature: chats, keys, files, quotes, votes, reports, pages, a provider, a second factor, lines of the log. */
async function busyMember(nickname: string): Promise<{ member: Client; id: number; key: string; page: string }> {
  const member = await joinAs(server.url, nickname, `${nickname}@example.com`);
  const { id } = (await member.get('/accounts/profile')).body;
  const { body: turn } = await member.post('/chat', { content: '오늘 뭐 먹지?' }, { 'idempotency-key': 'one' });
  const { body: key } = await member.post('/keys', { name: 'mine' });
  await send(
    `${server.url}/v1/chat/completions`,
    'POST',
    { model: 'demo', messages: [{ role: 'user', content: 'hi' }] },
    { authorization: `Bearer ${key.key}` },
  );
  const openai = new OpenAI({ apiKey: key.key, baseURL: `${server.url}/v1`, maxRetries: 0 });
  const content = await toFile(Buffer.from('바다는 파랗다'), 'sea.txt');
  const file = await openai.files.create({ file: content, purpose: 'assistants' });
  const store = await openai.vectorStores.create({ name: 'Sea' });
  await openai.vectorStores.files.createAndPoll(store.id, { file_id: file.id }, { pollIntervalMs: 20 });
  await member.post('/quote', { content: '강한 사람은 없어요' });
  const { body: quote } = await chief.post('/quote', { content: '표를 받을 문장' });
  await member.put(`/quote/${quote.id}/vote`);
  const { body: page } = await member.post(`/sessions/${turn.session_id}/snapshots`, {});
  await member.post(`/s/${page.id}/report`, { reason: 'x' });
  await member.post('/accounts/two-factor', { current_password: password });
  await writeTo(
    server,
    `insert into identities (user_id, provider, subject, created_at) values (${id}, 'kakao', '${nickname}-at-kakao', 1)`,
  );
  await chief.put(`/admin/users/${id}`, { daily_limit: 7 });
  return { member, id, key: key.key, page: `/s/${page.id}` };
}

/** Every column of every table, those of search indexes too. */
async function columns(): Promise<{ table: string; column: string }[]> {
  const { read, kind } = server.context.database;
  const query =
    kind === 'sqlite'
      ? sql<{ table: string; column: string }>`select t.name as "table", c.name as "column"
          from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table' and t.name != 'sqlite_sequence'`
      : sql<{ table: string; column: string }>`select table_name as "table", column_name as "column"
          from information_schema.columns where table_schema = 'public'`;
  return (await query.execute(read)).rows;
}

/** Every column of every table that holds one of these, as `table.column`. */
async function namedIn(marks: { id: number; texts: string[] }): Promise<string[]> {
  const found: string[] = [];
  for (const { table, column } of await columns()) {
    const value = sql<string | null>`cast(${sql.ref(column)} as text)`;
    const { rows } = await sql<{ value: string | null }>`select ${value} as value from ${sql.table(table)}`.execute(
      server.context.database.read,
    );
    const holds = (text: string | null) => [String(marks.id), ...marks.texts].some((mark) => text?.includes(mark));
    if (rows.some((row) => holds(row.value))) found.push(`${table}.${column}`);
  }
  return found.toSorted();
}

describe('deleting an account', () => {
  test.each([
    ['everything', false],
    ['everything but its published pages', true],
  ])('leaves no row of any table that names it: %s', async (_what, keep) => {
    const nickname = keep ? 'qzxkeeper' : 'qzxleaver';
    const { member, id, key, page } = await busyMember(nickname);
    const marks = { id, texts: [nickname] };
    const before = await namedIn(marks);
    expect(before).toEqual(
      expect.arrayContaining([
        'audit_log.subject_id',
        'identities.subject',
        'ledger.user_id',
        'logins.user_id',
        'users.email',
      ]),
    );
    const answer = await member.delete('/accounts/profile', { current_password: password, keep_published: keep });
    expect(answer.status).toBe(204);
    expect(await namedIn(marks)).toEqual([]);
    expect((await member.get('/accounts/profile')).status).toBe(401);
    expect((await clientOf(server.url, key).get('/chat')).status).toBe(401);
    expect((await send(server.url + page, 'GET')).status).toBe(keep ? 200 : 404);
    expect((await joinAs(server.url, nickname, member.email)).email).toBe(member.email);
  });

  test('keeps what was asked today: who joins again goes on with that count', async () => {
    const member = await joinAs(server.url, 'again', 'again@example.com');
    await member.post('/chat', { content: 'one' });
    await member.delete('/accounts/profile', { current_password: password });
    const { body } = await (await joinAs(server.url, 'again', 'Again@Example.com')).get('/accounts/profile');
    expect(body.quota.used).toBe(1);
  });

  test('of an account without a password needs a login of the last ten minutes', async () => {
    const member = await joinAs(server.url, 'social');
    const { id } = (await member.get('/accounts/profile')).body;
    await writeTo(server, `update users set password_hash = null where id = ${id}`);
    await writeTo(server, `update logins set created_at = created_at - 601000 where user_id = ${id}`);
    expect((await member.delete('/accounts/profile', {})).status).toBe(403);
    await writeTo(server, `update logins set created_at = created_at + 600000 where user_id = ${id}`);
    expect((await member.delete('/accounts/profile', {})).status).toBe(204);
  });
});

test('everything of an account comes as one archive, in JSON and Markdown, without a secret', async () => {
  const { member, key, id } = await busyMember('exporter');
  const response = await fetch(`${server.url}/accounts/export`, {
    headers: { authorization: `Bearer ${member.token}` },
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
  const files = readZip(Buffer.from(await response.arrayBuffer()));
  const read = (path: string) => files.get(path)!;
  const [session] = /chats\/\d+(?=\.md)/.exec([...files.keys()].join('\n'))!;
  expect(JSON.parse(read('account.json'))).toMatchObject({ id, email: member.email, nickname: 'exporter' });
  expect(read(`${session}.md`)).toContain('오늘 뭐 먹지?');
  expect(JSON.parse(read(`${session}.json`)).prompts[0].content).toBe('오늘 뭐 먹지?');
  expect(JSON.parse(read('quotes.json'))).toHaveLength(1);
  const [kept] = JSON.parse(read('files.json'));
  expect(kept).toMatchObject({ filename: 'sea.txt', purpose: 'assistants' });
  expect(read(`files/${kept.id}`)).toBe('바다는 파랗다');
  const stored = { name: 'Sea', files: [{ file_id: kept.id, status: 'completed' }] };
  expect(JSON.parse(read('vector-stores.json'))).toMatchObject([stored]);
  const everything = ['account', 'keys', 'logins', 'pages', 'votes', 'usage', 'files', 'vector-stores']
    .map((name) => read(`${name}.json`))
    .join('\n');
  for (const secret of [key, member.token, 'argon2id', '_hash']) expect(everything).not.toContain(secret);
  expect((await send(`${server.url}/accounts/export`, 'GET')).status).toBe(401);
});
