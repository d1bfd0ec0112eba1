import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What lies between a browser and its server. */
export interface Network {
  url: string;
  /** As after a machine has slept: nothing comes through the connections there are, and who writes to them is told. */
  forgetConnections(): void;
  /** As when a router restarts: the connections there are end, and whoever uses them is told. */
  cutConnections(): void;
  close(): Promise<void>;
}

export async function startNetwork(serverUrl: string): Promise<Network> {
  const port = Number(new URL(serverUrl).port);
  const pairs = new Set<[Socket, Socket]>();
  const listener = createServer((browser) => {
    const server = connect(port, '127.0.0.1');
    const pair: [Socket, Socket] = [browser, server];
    pairs.add(pair);
    browser.pipe(server).pipe(browser);
    const end = () => {
      browser.destroy();
      server.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
  });
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    forgetConnections: () => {
      for (const [browser, server] of pairs) {
        browser.unpipe(server);
        server.unpipe(browser);
        server.resume();
        browser.once('data', () => browser.resetAndDestroy()).resume();
      }
    },
    cutConnections: cut,
    close: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
