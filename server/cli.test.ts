import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { freshDatabaseUrl } from '#test/databases.ts';
import { clientOf, joinAs } from '#test/client.ts';
import { startServer } from '#test/server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'daesa-cli-'));
const databaseUrl = await freshDatabaseUrl();
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

function cli(...args: string[]): Promise<{ code: number; output: string }> {
  const env = {
    PATH: process.env.PATH,
    DATA_DIR: dataDir,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  const file = fileURLToPath(new URL('./cli.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

test('sample lines fill an empty board once, and an account becomes administrator', async () => {
  expect(await cli()).toMatchObject({ code: 0, output: expect.stringContaining('admin grant EMAIL') });
  expect((await cli('sample')).output).toContain('6 sample requests');
  expect((await cli('sample')).output).toContain('nothing done');
  expect(await cli('admin', 'grant', 'nobody@example.com')).toMatchObject({ code: 1 });
  const first = await startServer({ on: { dataDir, databaseUrl } });
  const administrator = await joinAs(first.url, 'first');
  const member = await joinAs(first.url, 'member');
  // The server goes on, and goes on writing, while an account is granted beside it.
  const [granted, ...asked] = await Promise.all([
    cli('admin', 'grant', member.email.toUpperCase()),
    ...Array.from({ length: 20 }, (_, index) => administrator.post('/quote', { content: `line ${index}` })),
  ]);
  expect([granted, ...asked.map(({ status }) => status)]).toEqual([
    { code: 0, output: `${member.email.toUpperCase()} is an administrator now.\n` },
    ...asked.map(() => 201),
  ]);
  // Another role ends what was logged in with the earlier one.
  expect((await member.get('/accounts/profile')).status).toBe(401);
  const { body } = await clientOf(first.url, '').post('/accounts/login', {
    email: member.email,
    password: 'correct horse 7',
  });
  expect(body.user.role).toBe('administrator');
  const audit = await clientOf(first.url, body.token).get('/admin/audit');
  expect(audit.body.results[0]).toMatchObject({ action: 'administrator.granted', actor_id: null });
  expect((await clientOf(first.url, '').get('/quote?is_apply=true')).body.count).toBe(2);
  await first.close();
  expect((await cli('admin', 'grant', administrator.email)).code).toBe(0);
}, 90_000);
