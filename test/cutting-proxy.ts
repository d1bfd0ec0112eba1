import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Stands between a server and its database, and loses what it is told to lose. */
export interface CuttingProxy {
  url: string;
  /** Breaks the connection that sends `words` right after its next COMMIT has been answered: the answer is lost. */
  loseCommitOf(words: string): void;
  /** Takes no connections, and breaks those there are; or takes them again. */
  setAway(away: boolean): void;
  /** How many commits were lost. */
  readonly lost: number;
  close(): Promise<void>;
}

export async function startCuttingProxy(databaseUrl: string, onLost: () => void = () => {}): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let marked: Buffer | undefined;
  let away = false;
  let lost = 0;

  const server = createServer((client) => {
    if (away) return void client.destroy();
    const database = connect(Number(target.port), target.hostname);
    let isMarked = false;
    let loses = false;
    const end = () => {
      client.destroy();
      database.destroy();
      sockets.delete(client);
      sockets.delete(database);
    };
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (sent) => {
      if (marked && sent.includes(marked)) {
        marked = undefined;
        isMarked = true;
      }
      loses ||= isMarked && sent.includes('commit\0');
      database.write(sent);
    });
    database.on('data', (received) => {
      if (!loses) return void client.write(received);
      lost += 1;
      onLost();
      end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    loseCommitOf: (words) => {
      marked = Buffer.from(words);
    },
    setAway: (isAway) => {
      away = isAway;
      if (away) for (const socket of sockets) socket.destroy();
    },
    get lost() {
      return lost;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
