import { RateLimiterMemory, type RateLimiterAbstract, type RateLimiterRes } from 'rate-limiter-flexible';
import { isLoopbackHost, type Config } from '../config.ts';
import { Problem } from '../errors.ts';

/** IPv6 users own a whole /64, so that is what counts as their network. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  const [head = '', tail = ''] = address.split('%', 1)[0]!.split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
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
  // Loopback and trusted proxies stand for many people, so their address alone is never blocked.
  const isShared = (address: string) => isLoopbackHost(address) || config.TRUST_PROXY.includes(address);

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
