import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { shortestLag } from '#test/shortest-lag.ts';
import { startServer, type TestServer } from '#test/server.ts';

// The first estimate waits for the tokenizer, which a busy machine loads slowly.
vi.setConfig({ testTimeout: 40_000 });

interface PeerServer {
  on(event: 'connection', listener: (session: unknown, request: IncomingMessage) => void): void;
}
// The package comes with the WebSocket plugin of the server.
const require = createRequire(createRequire(import.meta.url).resolve('@fastify/websocket'));
const { WebSocketServer } = require('ws') as { WebSocketServer: new (options: { server: Server }) => PeerServer };

/** What the provider has written when the client leaves: nothing, or the beginning of an answer of this type. */
type Beginning = { type: string; bytes: string } | undefined;

let provider: Server;
let server: TestServer;
let member: Client;
let key: string;
let beginning: Beginning;
/** Resolve with the coming request's connection, and with the time at which it closes. */
let arrived: (connection: Socket) => void = () => undefined;
let closed: (at: number) => void = () => undefined;

/** Begins an answer as it is told, and never ends one. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/v1/models') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
    return;
  }
  watch(request.socket);
  // A form is answered before it has come whole.
  request.resume();
  if (!beginning) return;
  response.writeHead(200, { 'content-type': beginning.type });
  response.write(beginning.bytes);
}

function watch(connection: Socket): void {
  const tell = closed;
  connection.once('close', () => tell(performance.now()));
  connection.on('error', () => undefined);
  arrived(connection);
}

beforeAll(async () => {
  provider = createServer(answer);
  // It says nothing in a realtime session, and answers a closing frame as the protocol has it.
  new WebSocketServer({ server: provider }).on('connection', (_session, { socket }) => watch(socket));
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  server = await startServer({
    env: {
      OPENAI_BASE_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`,
      DAILY_REQUEST_LIMIT: '-1',
      MAX_CONCURRENT_GENERATIONS: '0',
    },
  });
  await joinAs(server.url, 'administrator');
  member = await joinAs(server.url, 'member');
  ({ key } = (await member.post('/keys', { name: 'test' })).body);
});
afterAll(async () => {
  await server.close();
  provider.closeAllConnections();
  provider.close();
});

/** Asks, leaves once the provider has the request (and the client its first bytes); gives how late the close came. */
async function lagOf(begun: Beginning, ask: (signal: AbortSignal) => Promise<Response>): Promise<number> {
  beginning = begun;
  const [there, gone] = watched();
  const leaving = new AbortController();
  const asked = ask(leaving.signal);
  asked.catch(() => undefined);
  await there;
  if (begun) await (await asked).body!.getReader().read();
  const leftAt = performance.now();
  leaving.abort();
  return (await gone) - leftAt;
}

function watched(): [there: Promise<Socket>, gone: Promise<number>] {
  const there = new Promise<Socket>((resolve) => {
    arrived = resolve;
  });
  const gone = new Promise<number>((resolve) => {
    closed = resolve;
  });
  return [there, gone];
}

/** Nothing stays reserved, whatever phase it was in. */
async function expectNothingOpen(): Promise<void> {
  const open = () =>
    server.context.database.read.selectFrom('ledger').select('id').where('state', '=', 'reserved').execute();
  await expect.poll(open, { timeout: 25_000 }).toEqual([]);
}

function json(path: string, body: object) {
  return (signal: AbortSignal) =>
    fetch(`${server.url}/v1/${path}`, {
      method: 'POST',
      signal,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
}

function form(path: string) {
  return (signal: AbortSignal) => {
    const body = new FormData();
    body.set('model', 'gpt-transcribe');
    body.set('file', new Blob([Buffer.alloc(200_000)]), 'speech.wav');
    const headers = { authorization: `Bearer ${key}` };
    return fetch(`${server.url}/v1/${path}`, { method: 'POST', signal, headers, body });
  };
}

const events = 'text/event-stream';
const created = 'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1"}}\n\n';
const delta = 'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n';
test.for<[string, Beginning, (signal: AbortSignal) => Promise<Response>]>([
  [
    'a stream of responses',
    { type: events, bytes: created },
    json('responses', { model: 'm', input: 'x', stream: true }),
  ],
  ['a plain response', undefined, json('responses', { model: 'm', input: 'x' })],
  [
    'a stream of completions',
    { type: events, bytes: delta },
    json('completions', { model: 'm', prompt: 'x', stream: true }),
  ],
  ['embeddings', undefined, json('embeddings', { model: 'm', input: 'x' })],
  ['moderations', undefined, json('moderations', { input: 'x' })],
  ['images', undefined, json('images/generations', { model: 'm', prompt: 'x' })],
  ['speech before it begins', undefined, json('audio/speech', { model: 'm', input: 'x', voice: 'coral' })],
  ['speech that streams', { type: 'audio/mpeg', bytes: 'ID3' }, json('audio/speech', { model: 'm', input: 'x' })],
  ['a transcription', undefined, form('audio/transcriptions')],
  [
    'a transcription that streams',
    { type: events, bytes: 'data: {"type":"transcript.text.delta","delta":"Hi"}\n\n' },
    form('audio/transcriptions'),
  ],
  ['a translation', undefined, form('audio/translations')],
])('a client that leaves %s closes the provider’s connection within 100 ms', async ([, begun, ask]) => {
  expect(await shortestLag(() => lagOf(begun, ask), 100)).toBeLessThanOrEqual(100);
  await expectNothingOpen();
});

test('a realtime session that its client leaves closes the provider’s connection within 100 ms', async () => {
  const leave = async () => {
    const [there, gone] = watched();
    const headers = { authorization: `Bearer ${key}` };
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime?model=m`, { headers });
    await there;
    if (socket.readyState === WebSocket.CONNECTING) await once(socket as never, 'open');
    // Left while its reservation is under way.
    socket.send(JSON.stringify({ type: 'response.create' }));
    const leftAt = performance.now();
    socket.close();
    return (await gone) - leftAt;
  };
  expect(await shortestLag(leave, 100)).toBeLessThanOrEqual(100);
  await expectNothingOpen();
});

test('a conversation that is stopped closes the provider’s connection within 100 ms', async () => {
  beginning = { type: events, bytes: delta };
  const stop = async () => {
    const [there, gone] = watched();
    const { stream_id: id } = (await member.post('/chat/stream', { content: 'Hi' })).body;
    await there;
    const stoppedAt = performance.now();
    expect((await member.delete(`/chat/stream/${id}`)).status).toBe(204);
    return (await gone) - stoppedAt;
  };
  expect(await shortestLag(stop, 100)).toBeLessThanOrEqual(100);
  await expectNothingOpen();
});
