/** Opens many event streams and tells its parent how many are open. A process of its own. */
import { connect } from 'node:net';

export interface CrowdOrder {
  port: number;
  token: string;
  paths: string[];
  readers: number;
  /** So many of them never take anything. */
  stopped: number;
}

const AT_ONCE = 100;

/** Resolves once the server has begun to answer: whether it did so with a stream. */
function open({ port, token, paths }: CrowdOrder, number: number, stops: boolean): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET ${paths[number % paths.length]} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`,
  );
  return new Promise((resolve) => {
    socket.on('error', () => resolve(false));
    socket.once('data', (head: Buffer) => {
      if (stops) socket.pause();
      else socket.resume();
      resolve(head.toString().startsWith('HTTP/1.1 200'));
    });
  });
}

process.once('message', async (order: CrowdOrder) => {
  const left = Array.from({ length: order.readers }, (_, number) => number).values();
  let opened = 0;
  const openers = Array.from({ length: AT_ONCE }, async () => {
    for (const number of left) if (await open(order, number, number < order.stopped)) opened += 1;
  });
  await Promise.all(openers);
  process.send!(opened);
});
