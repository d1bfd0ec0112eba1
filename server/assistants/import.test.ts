import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, expect, test, vi } from 'vitest';
import { joinAs } from '#test/client.ts';
import { freshPlace, startServer } from '#test/server.ts';

// Every command starts a real process.
vi.setConfig({ testTimeout: 120_000 });

const place = await freshPlace();
const folder = mkdtempSync(join(tmpdir(), 'daesa-import-'));
afterAll(() => {
  for (const path of [place.dataDir, folder]) rmSync(path, { recursive: true, force: true });
});

function cli(...args: string[]): Promise<{ code: number; output: string }> {
  const env = {
    PATH: process.env.PATH,
    DATA_DIR: place.dataDir,
    ...(place.databaseUrl === undefined ? {} : { DATABASE_URL: place.databaseUrl }),
  };
  const file = fileURLToPath(new URL('../cli.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [file, 'assistants', 'import', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

const message = (id: string, role: string, value: string, at: number) => ({
  object: 'thread.message',
  id,
  thread_id: 'thread_abc123',
  role,
  content: [{ type: 'text', text: { value, annotations: [] } }],
  created_at: at,
});
const exported = {
  assistants: {
    object: 'list',
    data: [
      {
        object: 'assistant',
        id: 'asst_abc123',
        created_at: 1_700_000_000,
        name: 'Old friend',
        model: 'gpt-4o',
        instructions: 'Be old.',
        tools: [{ type: 'code_interpreter' }, { type: 'function', function: { name: 'clock' } }],
        metadata: { from: 'elsewhere' },
        temperature: 0.5,
      },
    ],
  },
  threads: [{ object: 'thread', id: 'thread_abc123', created_at: 1_700_000_100, metadata: {}, tool_resources: {} }],
  // Newest first, as lists come.
  messages: {
    object: 'list',
    data: [
      message('msg_2', 'assistant', 'It is old.', 1_700_000_102),
      message('msg_1', 'user', 'What is this?', 1_700_000_101),
    ],
  },
};

test('an export is taken over once, with its ids, and goes on being used', async () => {
  const first = await startServer({ on: place });
  await joinAs(first.url, 'administrator');
  const member = await joinAs(first.url, 'member');
  const { key } = (await member.post('/keys', { name: 'k' })).body;
  await first.stop(0);
  const file = join(folder, 'export.json');
  writeFileSync(file, JSON.stringify(exported));
  expect(await cli(file, 'nobody@example.com')).toMatchObject({ code: 1, output: expect.stringContaining('nobody') });
  expect(await cli(join(folder, 'none.json'), member.email)).toMatchObject({ code: 1 });
  const done = await cli(file, member.email);
  expect(done).toEqual({ code: 0, output: expect.stringContaining('1 assistants, 1 threads and 2 messages') });
  expect((await cli(file, member.email)).output).toContain('0 assistants, 0 threads and 0 messages');

  const server = await startServer({ on: place });
  const openai = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
  expect(await openai.beta.assistants.retrieve('asst_abc123')).toMatchObject({
    created_at: 1_700_000_000,
    name: 'Old friend',
    temperature: 0.5,
    tools: [{ type: 'function', function: { name: 'clock' } }],
    metadata: { from: 'elsewhere' },
  });
  const { data } = await openai.beta.threads.messages.list('thread_abc123', { order: 'asc' });
  expect(data.map(({ id, role, created_at: at }) => [id, role, at])).toEqual([
    ['msg_1', 'user', 1_700_000_101],
    ['msg_2', 'assistant', 1_700_000_102],
  ]);
  await openai.beta.threads.messages.create('thread_abc123', { role: 'user', content: 'And now?' });
  const run = await openai.beta.threads.runs.createAndPoll(
    'thread_abc123',
    { assistant_id: 'asst_abc123', model: 'demo' },
    { pollIntervalMs: 20 },
  );
  expect(run.status).toBe('completed');
  await server.stop(0);
});
