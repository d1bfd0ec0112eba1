import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { busyMember } from '#test/busy-member.ts';
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
  server = await startServer({ env: { TRUST_PROXY: '127.0.0.1', DAILY_REQUEST_LIMIT: '-1' } });
  chief = await joinAs(server.url, 'chief');
  await writeTo(server, `update users set role = 'administrator'`);
  await writeTo(
    server,
    server.databaseUrl
      ? `alter table users alter column id restart with ${FAR}`
      : `update sqlite_sequence set seq = ${FAR - 1} where name = 'users'`,
  );
});
afterAll(() => server.close());

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
async function namedIn(marks: string[]): Promise<string[]> {
  const { read, kind } = server.context.database;
  // PostgreSQL writes bytes as hexadecimal digits.
  const sought = kind === 'sqlite' ? marks : marks.flatMap((mark) => [mark, Buffer.from(mark).toString('hex')]);
  const found: string[] = [];
  for (const { table, column } of await columns()) {
    const value = sql<string | null>`cast(${sql.ref(column)} as text)`;
    const { rows } = await sql<{ value: string | null }>`select ${value} as value from ${sql.table(table)}`.execute(
      read,
    );
    if (rows.some((row) => sought.some((mark) => row.value?.includes(mark)))) found.push(`${table}.${column}`);
  }
  return found.toSorted();
}

/** Columns by which a row belongs to somebody. A table that a feature adds is here by the name of its column. */
async function ownerColumns(): Promise<string[]> {
  const names = new Set(['user_id', 'owner_id', 'actor_id', 'subject_id', 'reporter', 'author', 'email', 'ip_address']);
  const all = (await columns()).filter(({ column }) => names.has(column));
  return all.map(({ table, column }) => `${table}.${column}`).toSorted();
}

/** Files below the data directory, but those of the database. */
function ownFiles(): string[] {
  return readdirSync(server.dataDir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('daesa.sqlite'),
  );
}

describe('deleting an account', () => {
  test.each([
    ['everything', false],
    ['everything but its published pages', true],
  ])('leaves no row of any table that names it: %s', async (_what, keep) => {
    const nickname = keep ? 'qzxkeeper' : 'qzxleaver';
    const files = ownFiles();
    const { member, id, key, page, address } = await busyMember(server, chief, nickname);
    const marks = [String(id), nickname, address];
    // Whoever adds a table adds to the busy member what is kept there.
    expect(await namedIn(marks)).toEqual(expect.arrayContaining(await ownerColumns()));
    const answer = await member.delete('/accounts/profile', { current_password: password, keep_published: keep });
    expect(answer.status).toBe(204);
    expect(await namedIn(marks)).toEqual([]);
    expect(ownFiles()).toEqual(files);
    expect((await member.get('/accounts/profile')).status).toBe(401);
    expect((await clientOf(server.url, key).get('/chat')).status).toBe(401);
    expect((await send(server.url + page, 'GET')).status).toBe(keep ? 200 : 404);
    expect((await joinAs(server.url, nickname, member.email)).email).toBe(member.email);
  });

  test('leaves others what they asked for, also where it was merged into a quote that goes', async () => {
    const member = await joinAs(server.url, 'asker');
    const { body: target } = await member.post('/quote', { content: '먼저 적은 문장' });
    const { body: merged } = await chief.post('/quote', { content: '나중에 적은 문장' });
    await chief.post(`/quote/${merged.id}/merge`, { into: target.id });
    await member.delete('/accounts/profile', { current_password: password });
    const { results } = (await chief.get('/quote?q=나중에')).body;
    expect(results.map(({ id }: { id: number }) => id)).toEqual([merged.id]);
    expect((await chief.get(`/quote/${target.id}`)).status).toBe(404);
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
  const { member, key, id } = await busyMember(server, chief, 'exporter');
  const response = await fetch(`${server.url}/accounts/export`, {
    headers: { authorization: `Bearer ${member.token}` },
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
  const files = readZip(Buffer.from(await response.arrayBuffer()));
  const read = (path: string) => files.get(path)!;
  const [session] = /chats\/\d+(?=\.md)/.exec([...files.keys()].join('\n'))!;
  const consents = [{ name: 'terms', href: 'https://exporter.example', given_at: '1970-01-01T00:00:00.001Z' }];
  expect(JSON.parse(read('account.json'))).toMatchObject({ id, email: member.email, nickname: 'exporter', consents });
  expect(read(`${session}.md`)).toContain('오늘 뭐 먹지?');
  expect(JSON.parse(read(`${session}.json`)).prompts[0].content).toBe('오늘 뭐 먹지?');
  expect(JSON.parse(read('quotes.json'))).toHaveLength(2);
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
