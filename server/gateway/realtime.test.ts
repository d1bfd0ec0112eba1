import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { eventually } from '#test/chat-server.ts';
import { startServer, type TestServer } from '#test/server.ts';

interface PeerSocket {
  on(event: 'message', listener: (data: Buffer) => void): void;
  on(event: 'close', listener: () => void): void;
  send(text: string): void;
}
interface PeerServer {
  on(
    event: 'connection',
    listener: (socket: PeerSocket, request: { url: string; headers: Record<string, string> }) => void,
  ): void;
}
// The package comes with the WebSocket plugin of the server.
const require = createRequire(createRequire(import.meta.url).resolve('@fastify/websocket'));
const { WebSocketServer } = require('ws') as { WebSocketServer: new (options: { server: Server }) => PeerServer };

let peer: Server;
let server: TestServer;
let owner: Client;
let key: { id: number; key: string };
const seen: { url: string; authorization: string | undefined; closed: boolean }[] = [];

/** A provider that answers each `response.create` in two words; `[[hang]]` in it leaves the second one out. */
function play(socket: PeerSocket, request: { url: string; headers: Record<string, string> }): void {
  const record = { url: request.url, authorization: request.headers.authorization, closed: false };
  seen.push(record);
  let count = 0;
  socket.on('close', () => {
    record.closed = true;
  });
  const say = (event: object) => socket.send(JSON.stringify(event));
  say({ type: 'session.created' });
  socket.on('message', (data) => {
    const event = JSON.parse(data.toString()) as { type: string; response?: { instructions?: string } };
    if (event.type !== 'response.create') return;
    count += 1;
    const id = `resp_${count}`;
    say({ type: 'response.created', response: { id } });
    say({ type: 'response.output_text.delta', response_id: id, delta: 'Hello' });
    if (event.response?.instructions === '[[hang]]') return;
    say({
      type: 'response.done',
      response: {
        id,
        status: 'completed',
        usage: { input_tokens: 100, output_tokens: 50, output_token_details: { audio_tokens: 40 } },
      },
    });
  });
}

beforeAll(async () => {
  peer = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"data":[{"id":"gpt-realtime"}]}');
  });
  new WebSocketServer({ server: peer }).on('connection', play);
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(peer.address() as AddressInfo).port}/v1`;
  server = await startServer({ env: { OPENAI_BASE_URL: base, OPENAI_API_KEY: 'sk-canary', DAILY_REQUEST_LIMIT: '3' } });
  await joinAs(server.url, 'administrator');
  owner = await joinAs(server.url, 'owner');
  key = (await owner.post('/keys', { name: 'voice' })).body;
});
afterAll(async () => {
  await server.close();
  peer.closeAllConnections();
  await new Promise((resolve) => peer.close(resolve));
});

interface Talk {
  socket: WebSocket;
  events: { type: string; error?: { code: string } }[];
  until(type: string, count?: number): Promise<{ type: string; error?: { code: string } }>;
}

async function talk(options: { protocols?: string[]; headers?: Record<string, string> }): Promise<Talk> {
  const url = `${server.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`;
  const socket = new WebSocket(url, options);
  const events: Talk['events'] = [];
  socket.addEventListener('message', (event) => events.push(JSON.parse(String(event.data))));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('refused')));
  });
  const until = (type: string, count = 1) =>
    eventually(async () => events.filter((event) => event.type === type)[count - 1]);
  return { socket, events, until };
}

const rows = () => server.context.database.read.selectFrom('ledger').selectAll().orderBy('id').execute();
const create = (instructions = 'Hi') => JSON.stringify({ type: 'response.create', response: { instructions } });

test(
  'each response takes a unit and is settled; past the quota the session says so and goes on',
  { timeout: 30_000 },
  async () => {
    const { socket, until } = await talk({ protocols: ['realtime', `openai-insecure-api-key.${key.key}`] });
    await until('session.created');
    expect(socket.protocol).toBe('realtime');
    expect(seen.at(-1)).toMatchObject({ url: '/v1/realtime?model=gpt-realtime', authorization: 'Bearer sk-canary' });
    socket.send(create());
    await until('response.done');
    expect((await rows()).at(-1)).toMatchObject({
      state: 'settled',
      endpoint: 'realtime',
      prompt_tokens: 100,
      completion_tokens: 50,
      cost: 100 * 4_000 + 10 * 16_000 + 40 * 64_000,
    });
    socket.send(create('[[hang]]'));
    await until('response.output_text.delta', 2);
    socket.close();
    await eventually(async () => ((await rows()).at(-1)?.state === 'settled' ? true : undefined));
    expect((await rows()).at(-1)).toMatchObject({ estimated: 1, cost: null });
    await eventually(async () => seen.at(-1)?.closed || undefined);

    const second = await talk({ headers: { authorization: `Bearer ${key.key}` } });
    second.socket.send(create());
    await second.until('response.done');
    second.socket.send(create());
    expect((await second.until('error')).error?.code).toBe('quota_exhausted');
    expect(await rows()).toHaveLength(3);
    await owner.delete(`/keys/${key.id}`);
    await new Promise((resolve) => second.socket.addEventListener('close', resolve));
    await eventually(async () => seen.at(-1)?.closed || undefined);
  },
);

test('without a key there is no session', async () => {
  await expect(talk({ protocols: ['realtime'] })).rejects.toThrow('refused');
  await expect(talk({ protocols: ['realtime', 'openai-insecure-api-key.sk-daesa-wrong'] })).rejects.toThrow('refused');
});
