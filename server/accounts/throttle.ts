import { BlockList, isIP } from 'node:net';
import { RateLimiterMemory, type RateLimiterAbstract, type RateLimiterRes } from 'rate-limiter-flexible';
import { isLoopbackHost, type Config } from '../config.ts';
import { Problem } from '../errors.ts';

/** An IPv4 address is one address, also where a dual-stack socket writes it as IPv6. */
function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** IPv6 users own a whole /64, so that is what counts as their network. */
export function networkOf(given: string): string {
  const address = unmapped(given);
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = address.split('%', 1)[0]!.split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}

/** Whether an address stands for many people (loopback, a trusted proxy), so that it alone is never blocked. */
function sharedBy(proxies: string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of proxies) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (given) => {
    const address = unmapped(given);
    const family = isIP(address);
    return isLoopbackHost(address) || (family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4'));
  };
}

async function consume(limiter: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (refused instanceof Error) throw refused;
    const wait = Math.ceil((refused as RateLimiterRes).msBeforeNext / 1_000);
    throw new Problem('too_many_attempts', undefined, { retryAfterS: Math.max(1, wait) });
  }
}

/** Limits on joining and logging in. Every try counts when it begins, so parallel ones can't slip past. */
export interface Throttle {
  /** Throws `too_many_attempts`; the returned function takes a successful try back. */
  login(account: string, address: string): Promise<() => Promise<void>>;
  join(address: string): Promise<void>;
}

export function createThrottle(config: Config): Throttle {
  const accounts = new RateLimiterMemory({
    keyPrefix: 'login',
    points: config.LOGIN_FAILURES_PER_ACCOUNT,
    duration: 900,
  });
  const networks = new RateLimiterMemory({
    keyPrefix: 'network',
    points: config.LOGIN_FAILURES_PER_NETWORK,
    duration: 900,
  });
  const joins = new RateLimiterMemory({ keyPrefix: 'join', points: config.JOINS_PER_NETWORK, duration: 3_600 });
  const isShared = sharedBy(config.TRUST_PROXY);

  return {
    login: async (account, address) => {
      const network = networkOf(address);
      const key = `${account} ${network}`;
      await consume(accounts, key);
      if (!isShared(address)) await consume(networks, network);
      return async () => {
        await accounts.delete(key);
        if (!isShared(address)) await networks.reward(network);
      };
    },
    join: async (address) => {
      if (!isShared(address)) await consume(joins, networkOf(address));
    },
  };
}
