import { BlockList, isIP } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { isLoopbackHost } from '../config.ts';
import { Problem } from '../errors.ts';
import type { App } from './app-types.ts';
import { unmapped } from './cidr.ts';

/** The networks that may not ask anything; the list is the database's, looked at again every second. */
export interface BlockedNetworks {
  isBlocked(address: string): boolean;
  /** Looks at once, after a change of this instance. */
  refresh(): Promise<void>;
  close(): void;
}

const EVERY_MS = 1_000;

export async function createBlockedNetworks(
  readCidrs: () => Promise<string[]>,
  logger: FastifyBaseLogger,
): Promise<BlockedNetworks> {
  let list = new BlockList();
  let known = '';
  async function refresh(): Promise<void> {
    const cidrs = await readCidrs();
    if (cidrs.join() === known) return;
    const next = new BlockList();
    for (const cidr of cidrs) {
      const [address = '', bits] = cidr.split('/');
      next.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
    }
    list = next;
    known = cidrs.join();
  }
  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => logger.warn({ err: error }, 'could not read the blocked networks'));
  }, EVERY_MS);
  timer.unref();
  return {
    isBlocked: (given) => {
      const address = unmapped(given);
      const family = isIP(address);
      if (family === 0 || isLoopbackHost(address)) return false;
      return list.check(address, family === 6 ? 'ipv6' : 'ipv4');
    },
    refresh,
    close: () => clearInterval(timer),
  };
}

/** The first thing that a request meets. */
export function addBlockedNetworks(app: App, networks: BlockedNetworks): void {
  app.addHook('onRequest', async (request) => {
    if (networks.isBlocked(request.ip)) throw new Problem('network_blocked');
  });
}
