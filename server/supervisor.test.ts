import { readFileSync, rmSync } from 'node:fs';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { eventually } from '#test/chat-server.ts';
import { joinAs, send } from '#test/client.ts';
import { openStream } from '#test/read-stream.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import { freshPlace } from '#test/server.ts';
import { startProcess, type ServerProcess } from '#test/server-process.ts';

// Each test starts processes, from the source: seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

function workersOf({ child }: ServerProcess): number[] {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const untilGone = (pids: number[]) => eventually(async () => !pids.some(isAlive) || undefined);

test.runIf(inject('database') === 'sqlite')('several workers on SQLite are refused with one line', async () => {
  const server = await startProcess({ WORKERS: '2' });
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toBe('WORKERS is 2, which takes a PostgreSQL: set DATABASE_URL, or WORKERS to 1.\n');
});

describe.runIf(inject('database') === 'postgres')('two workers', () => {
  async function start(env: Record<string, string> = {}) {
    const place = await freshPlace();
    const provider = await startScriptedProvider();
    const server = await startProcess(
      { WORKERS: '2', OPENAI_BASE_URL: provider.url, DEFAULT_MODEL: 'gpt-4o-mini', ...env },
      place,
    );
    onTestFinished(async () => {
      await server.stop('SIGKILL');
      await provider.close();
      rmSync(place.dataDir, { recursive: true, force: true });
    });
    const url = (await server.ready).replace('localhost', '127.0.0.1');
    return { server, provider, url, pids: workersOf(server) };
  }

  test('serve on when one is killed, which is started again', async () => {
    const { server, url, pids } = await start();
    expect(pids).toHaveLength(2);
    const member = await joinAs(url, 'member');
    process.kill(pids[0]!, 'SIGKILL');
    await untilGone([pids[0]!]);
    expect((await member.post('/chat', { content: 'still there' })).status).toBe(201);
    await eventually(async () => (workersOf(server).length === 2 ? true : undefined));
    expect(workersOf(server)).toContain(pids[1]);
    expect(server.stderr().match(/is ready/g)).toHaveLength(1);
  });

  test('finish what runs after SIGTERM, and all end with 0', async () => {
    const { server, provider, url, pids } = await start();
    const member = await joinAs(url, 'member');
    provider.script({ text: ['to the ', 'end'], hold: true });
    const { body } = await member.post('/chat/stream', { content: 'hold' });
    await provider.request(0);
    const ended = server.stop();
    await eventually(async () => (pids.filter(isAlive).length === 1 ? true : undefined));
    // Every new connection goes to a worker that is still there: the one that writes the answer.
    const stream = await openStream(member, url, `/chat/stream/${body.stream_id}`);
    provider.release();
    expect((await stream.all()).at(-1)!.data).toMatchObject({ type: 'END', full_content: 'to the end' });
    expect(await ended).toBe(0);
    expect(pids.some(isAlive)).toBe(false);
  });

  test('tell a scraper of all of them, each under its label', async () => {
    const { url, pids } = await start();
    // Each question comes on a connection of its own, so both get some.
    for (let asked = 0; asked < 10; asked += 1)
      await send(`${url}/health/live`, 'GET', undefined, { connection: 'close' });
    const counted = await eventually(async () => {
      const { status, body } = await send(`${url}/metrics`, 'GET');
      expect(status).toBe(200);
      const lines = [
        ...body.matchAll(/^daesa_http_requests_total\{.*route="\/health\/live".*worker="(\d+)".*\} (\d+)$/gm),
      ];
      const sum = lines.reduce((total, [, , count]) => total + Number(count), 0);
      return sum === 10 ? body : undefined;
    });
    const workers = [...counted.matchAll(/^daesa_generations_open\{worker="(\d+)"\} 0$/gm)].map(([, worker]) => worker);
    expect(new Set(workers).size).toBe(pids.length);
    expect(counted.match(/^# TYPE daesa_generations_open /gm)).toHaveLength(1);
  });

  test('do not stay behind when their supervisor is killed', async () => {
    const { server, pids } = await start();
    await server.stop('SIGKILL');
    await untilGone(pids);
    expect(pids).toHaveLength(2);
  });

  test('count failed logins together', async () => {
    const { url } = await start({ LOGIN_FAILURES_PER_ACCOUNT: '4' });
    const statuses: number[] = [];
    for (let tried = 0; tried < 8; tried += 1) {
      const body = { email: 'nobody@example.com', password: 'wrong' };
      statuses.push((await send(`${url}/accounts/login`, 'POST', body)).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(4);
  });
});
