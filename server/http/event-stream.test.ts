import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { startEventStream, type EventWriter } from './event-stream.ts';

let app: FastifyInstance;
afterEach(() => app.close());

const patience = { heartbeat: 50, stalled: 200 };

/** A server whose one route does `play`; gives its port. */
async function serve(play: (reply: FastifyReply) => Promise<unknown>): Promise<number> {
  app = fastify({ forceCloseConnections: true });
  app.get('/', async (_request, reply) => {
    await play(reply);
    return reply;
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

test('a stream that says nothing sends comments, and keeps the headers that hooks have set', async () => {
  let writer: EventWriter;
  const port = await serve(async (reply) => {
    void reply.header('x-request-id', 'kept');
    writer = startEventStream(reply, patience);
  });
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(answer.headers.get('x-request-id')).toBe('kept');
  expect(answer.headers.get('x-accel-buffering')).toBe('no');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe(':\n\n');
  expect((await reader.read()).value).toBe(':\n\n');
  void writer!.send({ id: 3, event: 'chunk', data: '{}' });
  expect((await reader.read()).value).toBe('event: chunk\nid: 3\ndata: {}\n\n');
  writer!.end();
  expect((await reader.read()).done).toBe(true);
});

test('a reader that leaves is noticed', async () => {
  const left = Promise.withResolvers<string>();
  const port = await serve(async (reply) => {
    startEventStream(reply, patience).signal.addEventListener('abort', () => left.resolve('noticed'));
  });
  const abort = new AbortController();
  await fetch(`http://127.0.0.1:${port}/`, { signal: abort.signal });
  abort.abort();
  expect(await left.promise).toBe('noticed');
});

test('a reader that has left before the stream begins is noticed too', async () => {
  const asked = Promise.withResolvers<void>();
  const noticed = Promise.withResolvers<boolean>();
  const port = await serve(async (reply) => {
    asked.resolve();
    await once(reply.raw, 'close');
    const writer = startEventStream(reply, patience);
    noticed.resolve(writer.signal.aborted);
    await expect(writer.send({ data: 'x'.repeat(1_000_000) })).rejects.toThrow('the reader left');
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await asked.promise;
  socket.destroy();
  expect(await noticed.promise).toBe(true);
});

test('a reader that takes nothing is dropped after a while', async () => {
  const dropped = Promise.withResolvers<unknown>();
  const port = await serve(async (reply) => {
    const writer = startEventStream(reply, patience);
    try {
      while (!writer.signal.aborted) await writer.send({ data: 'x'.repeat(1_000_000) });
    } catch (error) {
      dropped.resolve(error);
    }
  });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await dropped.promise).toMatchObject({ message: 'the reader left' });
  socket.destroy();
});
