import { connect, type AddressInfo } from 'node:net';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { keepRoundsShort } from './short-rounds.ts';

test('a hundred requests in one packet are let in two a round, in their order, and all are answered', async () => {
  let over = false;
  let thisRound = 0;
  // Before any other callback of its round.
  const countAnew = () => {
    thisRound = 0;
    if (!over) setImmediate(countAnew);
  };
  countAnew();
  const app = fastify();
  keepRoundsShort(app as never);
  const order: string[] = [];
  let mostInARound = 0;
  app.addHook('onRequest', async (request) => {
    thisRound += 1;
    mostInARound = Math.max(mostInARound, thisRound);
    order.push(request.url);
  });
  app.get('/:number', async () => 'ok');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const urls = Array.from({ length: 100 }, (_, number) => `/${number}`);
  const answered = await new Promise<number>((resolve) => {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => (text += data.toString()));
    socket.on('close', () => resolve(text.split('HTTP/1.1 200').length - 1));
    const last = urls.at(-1);
    socket.write(
      urls
        .map((url) => `GET ${url} HTTP/1.1\r\nHost: here\r\n${url === last ? 'Connection: close\r\n' : ''}\r\n`)
        .join(''),
    );
  });
  await app.close();
  over = true;
  expect(answered).toBe(100);
  expect(order).toEqual(urls);
  expect(mostInARound).toBe(2);
});
