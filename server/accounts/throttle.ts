import { BlockList, isIP } from 'node:net';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { isLoopbackHost, type Config } from '../config.ts';
import { Problem } from '../errors.ts';
import type { Redis } from '../redis/connect-redis.ts';
import { networkOf, unmapped } from '../http/cidr.ts';
import { createLimiter, type Limiter } from '../redis/shared-limiter.ts';

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

async function consume(limiter: Limiter, key: string): Promise<void> {
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
  /** Guesses of a one-time code, from everywhere together: whoever guesses knows the password already. */
  code(userId: number): Promise<() => Promise<void>>;
  join(address: string): Promise<void>;
  /** Mails to one address, and from one network. */
  reset(account: string, address: string): Promise<void>;
  /** Archives of everything: each reads all there is. */
  export(userId: number): Promise<void>;
  /** Published pages and public sessions that are read without a login. */
  publicRead(address: string): Promise<void>;
  /** Logins begun at a provider. */
  oauth(address: string): Promise<void>;
}

const MINUTE_S = 60;
const QUARTER_HOUR_S = 900;
const HOUR_S = 3_600;
const CODES_PER_HOUR = 20;
const EXPORTS_PER_HOUR = 10;
const PROVIDER_LOGINS_PER_NETWORK = 600;

export interface ThrottleOptions {
  /** Told once a network has failed twice as often as it may. */
  onAbuse?: (address: string) => void;
  /** Where other instances count too. */
  redis?: Redis | undefined;
}

export function createThrottle(config: Config, { onAbuse, redis }: ThrottleOptions = {}): Throttle {
  const limiter = (keyPrefix: string, points: number, duration: number) =>
    createLimiter({ keyPrefix, points, duration }, redis);
  const accounts = limiter('login', config.LOGIN_FAILURES_PER_ACCOUNT, QUARTER_HOUR_S);
  const networks = limiter('network', config.LOGIN_FAILURES_PER_NETWORK, QUARTER_HOUR_S);
  const refusals = limiter('refusals', config.LOGIN_FAILURES_PER_NETWORK, QUARTER_HOUR_S);
  const codes = limiter('code', CODES_PER_HOUR, HOUR_S);
  const joins = limiter('join', config.JOINS_PER_NETWORK, HOUR_S);
  const resets = limiter('reset', config.RESETS_PER_NETWORK, HOUR_S);
  const mails = limiter('mail', Math.max(3, Math.ceil(config.RESETS_PER_NETWORK / 10)), HOUR_S);
  const providers = limiter('provider', PROVIDER_LOGINS_PER_NETWORK, QUARTER_HOUR_S);
  const exports = limiter('export', EXPORTS_PER_HOUR, HOUR_S);
  const publicReads = limiter('public', config.PUBLIC_READS_PER_NETWORK, MINUTE_S);
  const isShared = sharedBy(config.TRUST_PROXY);

  /** A refused try of a network; one that goes on regardless is reported, once a window. */
  async function refused(network: string, address: string): Promise<void> {
    const { consumedPoints } = await refusals.penalty(network);
    if (consumedPoints === config.LOGIN_FAILURES_PER_NETWORK) onAbuse?.(address);
  }

  async function consumeNetwork(address: string): Promise<void> {
    if (isShared(address)) return;
    const network = networkOf(address);
    try {
      await consume(networks, network);
    } catch (error) {
      await refused(network, address);
      throw error;
    }
  }

  return {
    login: async (account, address) => {
      const key = `${account} ${networkOf(address)}`;
      try {
        await consume(accounts, key);
      } catch (error) {
        if (!isShared(address)) await refused(networkOf(address), address);
        throw error;
      }
      await consumeNetwork(address);
      return async () => {
        await accounts.delete(key);
        if (!isShared(address)) await networks.reward(networkOf(address));
      };
    },
    code: async (userId) => {
      await consume(codes, String(userId));
      return async () => void (await codes.delete(String(userId)));
    },
    join: async (address) => {
      if (!isShared(address)) await consume(joins, networkOf(address));
    },
    reset: async (account, address) => {
      if (!isShared(address)) await consume(resets, networkOf(address));
      await consume(mails, account);
    },
    export: (userId) => consume(exports, String(userId)),
    publicRead: async (address) => {
      if (!isShared(address)) await consume(publicReads, networkOf(address));
    },
    oauth: async (address) => {
      if (!isShared(address)) await consume(providers, networkOf(address));
    },
  };
}
