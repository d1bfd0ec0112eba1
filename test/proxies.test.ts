import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch as fetchBy, WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { startChatServer, type ChatServer } from './chat-server.ts';
import { joinAs, type Client } from './client.ts';
import { freePort } from './postgres.ts';
import { hasCaddy, hasNginx } from './programs.ts';
import { startCaddy, startNginx, type Proxy } from './proxies.ts';
import { loadAnswer, startLoad } from './proxy-load.ts';
import { startRedis } from './redis.ts';
import { freshPlace } from './server.ts';
import { startProcess, type ServerProcess } from './server-process.ts';

const proxies = [
  ['nginx', hasNginx, startNginx],
  ['Caddy', hasCaddy, startCaddy],
] as const;

// One kind of database is enough to see what a proxy does.
describe.runIf(inject('database') === 'sqlite')('behind a proxy as deploy/ has it', () => {
  describe.each(proxies)('%s', (_name, present, start) => {
    let server: ChatServer;
    let proxy: Proxy;
    let agent: Agent;
    let member: Client;

    beforeAll(async () => {
      if (!present) return;
      server = await startChatServer({ env: { TRUST_PROXY: '127.0.0.1', PUBLIC_URL: 'https://localhost' } });
      member = await server.join();
      proxy = await start([server.url, server.url]);
      agent = new Agent({ connect: { ca: readFileSync(proxy.certificate) } });
    });
    afterAll(async () => {
      await agent?.close();
      await proxy?.stop();
      await server?.close();
    });

    const ask = (path: string, options: { method?: string; body?: string } = {}) =>
      fetchBy(proxy.url + path, {
        ...options,
        dispatcher: agent,
        headers: { authorization: `Bearer ${member.token}`, 'content-type': 'application/json' },
      });

    test.runIf(present)('answers come by HTTPS, metrics do not', async () => {
      const answer = await ask('/accounts/profile');
      expect([answer.status, answer.headers.get('strict-transport-security')]).toEqual([
        200,
        expect.stringContaining('max-age'),
      ]);
      expect((await ask('/metrics')).status).toBe(404);
    });

    test.runIf(present)('words of an answer come one by one', async () => {
      server.provider.script({ text: Array.from({ length: 10 }, (_, index) => `${index} `), paceMs: 60 });
      const started = await ask('/chat/stream', { method: 'POST', body: JSON.stringify({ content: 'stream' }) });
      const { stream_id: id } = (await started.json()) as { stream_id: string };
      const stream = await ask(`/chat/stream/${id}`);
      const arrivals: number[] = [];
      for await (const piece of stream.body!) if (piece.length > 0) arrivals.push(performance.now());
      expect(arrivals.length).toBeGreaterThan(5);
      expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(300);
    });

    test.runIf(present)('a WebSocket goes through', async () => {
      const socket = new WebSocket(`${proxy.url.replace('https', 'wss')}/chat/ws`, {
        dispatcher: agent,
        headers: { authorization: `Bearer ${member.token}` },
      });
      const types: string[] = [];
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener('error', () => reject(new Error('the socket was refused')));
        socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'chat', content: 'hello' })));
        socket.addEventListener('message', ({ data }: { data: unknown }) => {
          types.push(JSON.parse(String(data)).type);
          if (types.at(-1) === 'END') resolve();
        });
      });
      socket.close();
      expect([types[0], types.at(-1)]).toEqual(['START', 'END']);
    });

    test.runIf(present)('the server sees who asks, whatever the client says of itself', async () => {
      const body = JSON.stringify({
        email: `who-${Date.now()}@example.com`,
        password: 'correct horse 7',
        nickname: 'who',
      });
      const joined = await fetchBy(`${proxy.url}/accounts/join`, {
        method: 'POST',
        body,
        dispatcher: agent,
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
      });
      expect(joined.status).toBe(201);
      const rows = await server.context.database.read.selectFrom('users').select('ip_address').orderBy('id').execute();
      expect(rows.at(-1)!.ip_address).toBe('127.0.0.1');
    });
  });
});

describe.runIf(hasNginx && inject('database') === 'postgres')('two instances behind nginx', () => {
  test('are restarted one after the other without one failed request', { timeout: 120_000 }, async () => {
    const place = await freshPlace();
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const first = await startChatServer({ on: place });
    onTestFinished(() => first.close());
    first.provider.setDefault(loadAnswer);
    const client = await joinAs(first.url, 'member');
    const ports = [await freePort(), await freePort()];
    const environment = (port: number) => ({
      PORT: String(port),
      PUBLIC_URL: 'https://localhost',
      TRUST_PROXY: '127.0.0.1',
      REDIS_URL: redis.url,
      OPENAI_BASE_URL: first.provider.url,
      DEFAULT_MODEL: 'gpt-4o-mini',
      DAILY_REQUEST_LIMIT: '-1',
      MAX_CONCURRENT_GENERATIONS: '0',
      AUTO_TITLES: 'off',
      LOG_LEVEL: 'silent',
    });
    const launch = (port: number) => startProcess(environment(port), place);
    const instances: ServerProcess[] = await Promise.all(ports.map(launch));
    onTestFinished(async () => void (await Promise.all(instances.map((instance) => instance.stop()))));
    await Promise.all(instances.map((instance) => instance.ready));
    const proxy = await startNginx(ports.map((port) => `http://127.0.0.1:${port}`) as [string, string]);
    onTestFinished(() => proxy.stop());
    const load = startLoad(proxy, client.token);
    for (const [index, port] of ports.entries()) {
      await sleep(500);
      const ended = await instances[index]!.stop('SIGTERM');
      expect(ended).toBe(0);
      instances[index] = await launch(port);
      await instances[index]!.ready;
    }
    await sleep(500);
    await load.stop();
    expect(load.failed).toEqual([]);
    expect(Math.min(...Object.values(load.counts))).toBeGreaterThan(10);
    process.stderr.write(`rolling restart: ${JSON.stringify(load.counts)}, 0 failed\n`);
  });
});
