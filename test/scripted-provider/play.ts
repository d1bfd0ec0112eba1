import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { errorBody } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import { completionEvents, completionJson, cutPackets, packetsOf } from './events.ts';
import type { Asked } from './events.ts';

/** Plays one behaviour on one response. `left` aborts when the client is gone; `wrote` hears of each packet. */
export async function play(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
  held: () => Promise<void>,
  left: AbortSignal,
  wrote: () => void,
): Promise<void> {
  if (behaviour.delayMs) await sleep(behaviour.delayMs, undefined, { signal: left });
  if (behaviour.fault === 'silent') return;
  if (behaviour.fault === 'refuse') {
    response.socket?.destroy();
    return;
  }
  if (behaviour.status !== undefined) {
    sendStatus(response, behaviour, behaviour.status);
    return;
  }
  if (behaviour.fault === 'html') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><title>Log in</title><p>Please log in to this network.</p>');
    return;
  }
  if (behaviour.fault === 'json' || (!asked.stream && !behaviour.raw)) {
    if (behaviour.hold) await held();
    sendJson(response, 200, completionJson(behaviour, asked), behaviour.headers);
    return;
  }
  await stream(response, behaviour, asked, held, left, wrote);
}

function sendStatus(response: ServerResponse, behaviour: Behaviour, status: number): void {
  const body = behaviour.body ?? errorBody(status);
  if (typeof body !== 'string') {
    sendJson(response, status, body, behaviour.headers);
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain', ...behaviour.headers });
  response.end(body);
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_scripted', ...headers });
  response.end(JSON.stringify(body));
}

async function stream(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
  held: () => Promise<void>,
  left: AbortSignal,
  wrote: () => void,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'x-request-id': 'req_scripted',
    ...(behaviour.gzip ? { 'content-encoding': 'gzip' } : {}),
    ...behaviour.headers,
  });
  response.flushHeaders();
  if (behaviour.hold) await held();
  if (behaviour.fault === 'endless') {
    await streamForever(response, behaviour, asked, left);
    return;
  }
  const events = completionEvents(behaviour, asked);
  let packets = packetsOf(events, behaviour);
  if (behaviour.gzip) packets = packetsOf([], { ...behaviour, raw: gzipSync(Buffer.concat(packets)) });
  if (behaviour.afterBytes !== undefined) packets = cutPackets(packets, behaviour.afterBytes);
  const pace = behaviour.paceMs ?? 0;
  for (const [index, packet] of packets.entries()) {
    if (pace > 0 && index > 0) await sleep(pace, undefined, { signal: left });
    // Separate packets need separate turns, else the kernel joins them again.
    else if (typeof behaviour.packets === 'number') await new Promise(setImmediate);
    if (left.aborted) return;
    response.write(packet);
    wrote();
  }
  await finish(response, behaviour);
}

async function finish(response: ServerResponse, behaviour: Behaviour): Promise<void> {
  switch (behaviour.fault) {
    case 'stall':
      return;
    case 'cut':
      response.socket?.end();
      return;
    case 'reset':
      // What was written has to be on its way before the RST overtakes it.
      await new Promise((resolve) => setTimeout(resolve, 5));
      response.socket?.resetAndDestroy();
      return;
    default:
      response.end();
  }
}

async function streamForever(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
  left: AbortSignal,
): Promise<void> {
  const text = behaviour.text ?? ['again '];
  const [head = '', ...deltas] = completionEvents({ text, finishReason: null, usage: null, done: false }, asked);
  response.write(head);
  const batch = deltas.join('');
  while (!left.aborted) {
    if (!response.write(batch)) await drained(response, left);
    await sleep(behaviour.paceMs ?? 1, undefined, { signal: left });
  }
}

function drained(response: ServerResponse, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    left.addEventListener('abort', () => resolve(), { once: true });
  });
}
