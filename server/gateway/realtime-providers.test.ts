import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#test/chat-server.ts';
import { joinAs } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

interface Peer {
  server: Server;
  url: string;
  /** Connections that were upgraded or refused, the newest last. */
  asked: { authorization: string | undefined; closed: boolean }[];
  refuses: boolean;
}

/** A provider that opens sessions, says so, and never answers anything more: no close either. */
async function startPeer(): Promise<Peer> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"data":[{"id":"gpt-realtime"},{"id":"gpt-realtime-mini"}]}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const peer: Peer = { server, url, asked: [], refuses: false };
  server.on('upgrade', (request: IncomingMessage, connection: Duplex) => {
    const record = { authorization: request.headers.authorization, closed: false };
    peer.asked.push(record);
    // An upgraded connection stays half open here: its end is that the other side has gone.
    connection.on('end', () => (record.closed = true)).on('error', () => (record.closed = true));
    connection.resume();
    if (peer.refuses) return void connection.end('HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    connection.write(handshake(String(request.headers['sec-websocket-key'])));
    connection.write(frame({ type: 'session.created' }));
  });
  return peer;
}

/** https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2 */
function handshake(key: string): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade'];
  return [...head, `sec-websocket-accept: ${accept}`, 'sec-websocket-protocol: realtime', '', ''].join('\r\n');
}

function frame(event: object): Buffer {
  const text = Buffer.from(JSON.stringify(event));
  return Buffer.concat([Buffer.from([0x81, text.length]), text]);
}

let first: Peer;
let second: Peer;
let server: TestServer;
let key: string;
const folder = mkdtempSync(join(tmpdir(), 'daesa-realtime-'));

beforeAll(async () => {
  [first, second] = [await startPeer(), await startPeer()];
  const file = join(folder, 'providers.json');
  const row = { name: 'second', base_url: second.url, api_key: 'sk-second', endpoints: ['realtime'] };
  writeFileSync(file, JSON.stringify([row]));
  server = await startServer({
    env: { OPENAI_BASE_URL: first.url, OPENAI_API_KEY: 'sk-first', PROVIDERS_FILE: file, DAILY_REQUEST_LIMIT: '-1' },
  });
  const owner = await joinAs(server.url, 'owner');
  ({ key } = (await owner.post('/keys', { name: 'voice' })).body);
});
afterAll(async () => {
  await server.close();
  for (const peer of [first, second]) peer.server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a session and hears its first event; undefined where it was closed instead. */
async function openSession(model = 'gpt-realtime'): Promise<{ socket: WebSocket; heard: string | undefined }> {
  const address = `${server.url.replace('http', 'ws')}/v1/realtime?model=${model}`;
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${key}` } });
  const heard = await new Promise<string | undefined>((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve((JSON.parse(String(data)) as { type: string }).type));
    socket.addEventListener('close', () => resolve(undefined));
  });
  return { socket, heard };
}

test('a provider that never answers a close is cut off', async () => {
  const { socket, heard } = await openSession('gpt-realtime-mini');
  expect(heard).toBe('session.created');
  expect(first.asked.at(-1)?.closed).toBe(false);
  socket.close();
  await eventually(async () => first.asked.at(-1)?.closed || undefined);
});

test('another provider opens the session that the first one refuses, and after five the first is left alone', async () => {
  first.refuses = true;
  const before = first.asked.length;
  for (let session = 1; session <= 6; session += 1) {
    const { socket, heard } = await openSession();
    expect(heard).toBe('session.created');
    socket.close();
    expect(second.asked).toHaveLength(session);
  }
  expect(second.asked.map(({ authorization }) => authorization)).toContain('Bearer sk-second');
  expect(first.asked.length - before).toBe(5);
});

test('where no provider opens a session, the client’s is closed', async () => {
  first.refuses = second.refuses = true;
  const { heard } = await openSession('gpt-realtime-mini');
  expect(heard).toBeUndefined();
});
