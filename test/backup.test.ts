import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Migrator } from 'kysely/migration';
import { Kysely } from 'kysely';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, inject, test } from 'vitest';
import { migrations } from '#server/db/migrate.ts';
import type { Schema } from '#server/db/schema.ts';
import { sqliteDialect } from '#server/db/sqlite-dialect.ts';
import { startChatServer } from './chat-server.ts';
import { clientOf, joinAs } from './client.ts';
import { freshPlace, startServer, type TestServerOptions } from './server.ts';

type Place = NonNullable<TestServerOptions['on']>;

const folder = mkdtempSync(join(tmpdir(), 'daesa-backup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function cli(place: Place, ...args: string[]): Promise<{ code: number; output: string }> {
  const env = {
    PATH: process.env.PATH,
    DATA_DIR: place.dataDir,
    ...(place.databaseUrl === undefined ? {} : { DATABASE_URL: place.databaseUrl }),
  };
  const file = fileURLToPath(new URL('../server/cli.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

function emptyFolder(): Place {
  return { dataDir: mkdtempSync(join(folder, 'data-')), databaseUrl: undefined };
}

/** Every row of a backup as text, by table; columns in the order of their names, which databases are free in. */
function rowsOf(file: string): Record<string, string[]> {
  const [, ...lines] = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  const tables: Record<string, string[]> = {};
  let current: { rows: string[]; columns: string[] } = { rows: [], columns: [] };
  for (const line of lines.slice(0, -1)) {
    const part = JSON.parse(line);
    if (Array.isArray(part)) {
      const named = current.columns.map((column, index) => [column, part[index]] as const);
      current.rows.push(JSON.stringify(named.toSorted(([one], [other]) => (one < other ? -1 : 1))));
    } else {
      current = { rows: (tables[part.table] = [JSON.stringify({ next: part.next })]), columns: part.columns };
    }
  }
  for (const rows of Object.values(tables)) rows.sort();
  return tables;
}

/** Each other kind of database that this run can have, empty. */
/** Where a backup goes, one after the other: from each kind into each kind. */
async function targets(): Promise<Place[]> {
  return inject('database') === 'sqlite' ? [emptyFolder()] : [await freshPlace(), emptyFolder(), await freshPlace()];
}

test(
  'a backup taken under load is restored into either kind of database, row by row',
  { timeout: 120_000 },
  async () => {
    const place = await freshPlace();
    const server = await startChatServer({ on: place, env: { MAX_CONCURRENT_GENERATIONS: '0' } });
    server.provider.setDefault({ text: ['한글 ', '답', ' 🙂'], paceMs: 1 });
    const member = await server.join('회원');
    const form = new FormData();
    form.set('purpose', 'user_data');
    form.set('file', new Blob([new Uint8Array([0, 255, 128, 10])]), 'bytes.bin');
    const uploaded = await fetch(`${server.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${member.token}` },
      body: form,
    });
    expect(uploaded.status).toBe(200);
    const load = new AbortController();
    let asked = 0;
    const asking = Array.from({ length: 4 }, async () => {
      while (!load.signal.aborted)
        expect((await member.post('/chat', { content: `질문 ${(asked += 1)}` })).status).toBe(201);
    });
    const file = join(folder, 'load.backup');
    const taken = await cli(place, 'backup', file);
    load.abort();
    await Promise.all(asking);
    expect(taken).toMatchObject({ code: 0, output: expect.stringMatching(/holds \d+ rows: 2 accounts, \d+ sessions/) });
    expect(asked).toBeGreaterThan(4);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(await cli(place, 'backup', file)).toMatchObject({
      code: 1,
      output: expect.stringContaining('exists already'),
    });
    const before = rowsOf(file);
    expect(before.messages!.length).toBeGreaterThan(2);
    let source = file;
    for (const target of await targets()) {
      const restored = await cli(target, 'restore', source);
      expect(restored).toMatchObject({ code: 0, output: expect.stringMatching(/^Restored \d+ rows/) });
      const again = `${source}-${target.databaseUrl ? 'postgres' : 'sqlite'}`;
      await cli(target, 'backup', again);
      const after = rowsOf(again);
      expect(Object.keys(after)).toEqual(Object.keys(before));
      for (const [table, rows] of Object.entries(before)) {
        // The restored index of messages begins anew.
        const expected =
          table === 'settings' ? rows.map((row) => row.replace(/("indexed_to"\],\["value",)"\d+"/, '$1"0"')) : rows;
        expect([table, after[table]]).toEqual([table, expected]);
      }
      expect(await cli(target, 'restore', file)).toMatchObject({
        code: 1,
        output: expect.stringContaining('2 accounts already'),
      });
      const revived = await startServer({ on: target, env: { DAILY_REQUEST_LIMIT: '-1' } });
      // Logins go on; what was being written at that moment has its end; new ids follow the old ones.
      const returning = clientOf(revived.url, member.token);
      const { results } = (await returning.get('/chat?per_page=100')).body;
      expect(results.filter(({ status }: { status: string }) => status === 'running')).toEqual([]);
      const next = await returning.post('/chat', { content: '다음' });
      expect([next.status, next.body.id > results[0].id]).toEqual([201, true]);
      const kept = await fetch(`${revived.url}/v1/files`, { headers: { authorization: `Bearer ${member.token}` } });
      expect(((await kept.json()) as { data: unknown[] }).data).toHaveLength(1);
      await revived.close();
      source = again;
    }
    await server.close();
  },
);

test('a damaged backup changes nothing', async () => {
  const place = await freshPlace();
  const server = await startServer({ on: place });
  await joinAs(server.url, 'someone');
  await server.close();
  const file = join(folder, 'whole.backup');
  await cli(place, 'backup', file);
  const whole = readFileSync(file);
  const text = gunzipSync(whole).toString();
  const damaged: [Buffer, RegExp][] = [
    [whole.subarray(0, -20), /unexpected end of file/],
    [gzipSync(text.replace('someone', 'somebody')), /checksum does not match/],
    [gzipSync(text.slice(0, text.lastIndexOf('{"counts"'))), /end is missing/],
    [gzipSync('{"anything":1}\n'), /does not begin as one/],
    [Buffer.from('no archive'), /incorrect header check/],
    [gzipSync(text.replace('0001-initial', '9999-newer')), /checksum/],
  ];
  const target = inject('database') === 'sqlite' ? emptyFolder() : await freshPlace();
  for (const [bytes, reason] of damaged) {
    const broken = join(folder, 'damaged.backup');
    writeFileSync(broken, bytes);
    expect(await cli(target, 'restore', broken)).toMatchObject({ code: 1, output: expect.stringMatching(reason) });
  }
  expect((await cli(target, 'migrate', '--dry-run')).output).toContain('would run  0001-initial');
  expect((await cli(target, 'restore', file)).code).toBe(0);
}, 120_000);

test.runIf(inject('database') === 'sqlite')(
  'an older database is kept as a backup before it is migrated, and can be gone back to',
  async () => {
    const place = emptyFolder();
    const connection = new DatabaseSync(join(place.dataDir, 'daesa.sqlite'));
    const db = new Kysely<Schema>({ dialect: sqliteDialect(connection) });
    const [first] = Object.keys(migrations) as (keyof typeof migrations)[];
    const earlier = { [first!]: migrations[first!] };
    await new Migrator({ db, provider: { getMigrations: async () => earlier } }).migrateToLatest();
    const user = { email: 'a@example.com', email_key: 'a@example.com', nickname: 'a', role: 'member', created_at: 1 };
    await db
      .insertInto('users')
      .values(user as never)
      .execute();
    connection.close();
    const dry = await cli(place, 'migrate', '--dry-run');
    expect(dry.output.split('\n').filter((line) => line.startsWith('would run'))).toHaveLength(
      Object.keys(migrations).length - 1,
    );
    const done = await cli(place, 'migrate');
    expect(done).toMatchObject({ code: 0, output: expect.stringContaining('it is kept in') });
    expect((await cli(place, 'migrate', '--dry-run')).output).toContain('has the newest schema');
    const kept = readdirSync(place.dataDir).filter((name) => /^before-0002-sessions-\d+\.backup$/.test(name));
    expect(kept).toHaveLength(1);
    const file = join(folder, 'before.backup');
    copyFileSync(join(place.dataDir, kept[0]!), file);
    const target = emptyFolder();
    expect(await cli(target, 'restore', file)).toMatchObject({
      code: 0,
      output: expect.stringContaining('1 accounts'),
    });
    const server = await startServer({ on: target });
    expect((await server.context.database.read.selectFrom('users').select('nickname').execute())[0]!.nickname).toBe(
      'a',
    );
    await server.close();
  },
  60_000,
);
