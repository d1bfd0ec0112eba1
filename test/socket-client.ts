import { randomBytes } from 'node:crypto';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { WebSocket as HeaderSocket } from 'undici';
import type { SocketEvent } from '#contracts/chat.ts';

export interface SocketClient {
  send(frame: unknown): void;
  /** The event that comes next; undefined once the socket is closed. */
  next(): Promise<SocketEvent | undefined>;
  /** Every event up to the first one that `last` accepts. */
  until(last: (event: SocketEvent) => boolean): Promise<SocketEvent[]>;
  readonly closed: Promise<{ code: number; reason: string }>;
  close(): void;
}

/** Opens a WebSocket; the one of Node has no headers, so one with headers is undici's. */
export async function openSocket(url: string, headers?: Record<string, string>): Promise<SocketClient> {
  const address = `${url.replace('http', 'ws')}/chat/ws`;
  const socket = headers ? new HeaderSocket(address, { headers }) : new WebSocket(address);
  const events: SocketEvent[] = [];
  let wake: (() => void) | undefined;
  socket.addEventListener('message', ({ data }: { data: unknown }) => {
    events.push(JSON.parse(String(data)) as SocketEvent);
    wake?.();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }: { code: number; reason: string }) => {
      wake?.();
      resolve({ code, reason });
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the socket was refused')));
  });

  async function next(): Promise<SocketEvent | undefined> {
    while (events.length === 0 && socket.readyState !== WebSocket.CLOSED)
      await new Promise<void>((resolve) => (wake = resolve));
    return events.shift();
  }

  return {
    send: (frame) => socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame)),
    next,
    until: async (last) => {
      const seen: SocketEvent[] = [];
      for (let event = await next(); event; event = await next()) {
        seen.push(event);
        if (last(event)) break;
      }
      return seen;
    },
    closed,
    close: () => socket.close(),
  };
}

/** The status that an upgrade is answered with: 101 where it is taken. */
export function upgradeStatus(url: string, headers: OutgoingHttpHeaders = {}): Promise<number> {
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/chat/ws`, { headers: handshake });
    asking.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode!);
    });
    asking.on('response', (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    asking.on('error', reject);
    asking.end();
  });
}
