import { createHash, randomBytes } from 'node:crypto';
import type { DestinationStream, Logger } from 'pino';
import type { ProviderName } from '#contracts/accounts.ts';
import { identifyBy } from './accounts/logins.ts';
import { findLiveLogins } from './accounts/logins.store.ts';
import { blockNetwork, readBlockedCidrs } from './admin/networks.store.ts';
import { createMailer, type Mailer } from './accounts/mail.ts';
import { createProviders, type Provider } from './accounts/oauth-providers.ts';
import { keepSetting, openSetup, readSetting } from './accounts/setup.store.ts';
import { createThrottle, type Throttle } from './accounts/throttle.ts';
import { hashToken } from './accounts/token.ts';
import { createGenerations, type Generations } from './turns/generations.ts';
import { createMirrors, type Mirrors } from './turns/mirrors.ts';
import { createTitles, type Titles } from './turns/titles.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { startBackground } from './background.ts';
import { openSqlite } from './db/sqlite.ts';
import { createAliases, type Aliases } from './gateway/aliases.ts';
import { readAliases } from './gateway/aliases.store.ts';
import { networkOf } from './http/cidr.ts';
import { createBlockedNetworks, type BlockedNetworks } from './http/blocked-networks.ts';
import { createLiveVisitors, type LiveVisitors } from './http/live-visitors.ts';
import type { Identify } from './http/visitor.ts';
import { identifyAlsoBy } from './keys/identify-key.ts';
import { findLiveKeys } from './keys/keys.store.ts';
import type { Jobs } from './jobs/work-jobs.ts';
import { nanoOf } from './spend/money.ts';
import { startTracing, type Tracing } from './operation/tracing.ts';
import { connectRedis, type Redis } from './redis/connect-redis.ts';
import type { SpendLimits } from './spend/reservation.ts';
import { createLogger } from './logger.ts';
import type { SharedStreamsParts } from './streams/shared-streams.ts';
import { moduleUrl } from './module-url.ts';
import { stores } from './stores.ts';
import { createUpstream, type Upstream } from './upstream/create-upstream.ts';
import { readProvidersFile } from './upstream/providers-file.ts';

/** Every part of a running server. Built here and nowhere else; features get the ones they name. */
export interface Context {
  config: Config;
  logger: Logger;
  clock: () => number;
  instanceId: string;
  database: Database;
  /** What several instances share; undefined for one alone. */
  redis: Redis | undefined;
  upstream: Upstream;
  generations: Generations;
  /** What other instances write, for its readers here. */
  mirrors: Mirrors;
  titles: Titles;
  /** Does what transactions have left to be done. */
  jobs: Jobs;
  throttle: Throttle;
  /** Where people may log in from elsewhere. */
  providers: Map<ProviderName, Provider>;
  mailer: Mailer | undefined;
  /** Ends running streams and sockets whose login or key has ended. */
  live: LiveVisitors;
  networks: BlockedNetworks;
  /** undefined where no collector is set. */
  tracing: Tracing | undefined;
  /** Which models answer to names that the provider does not list. */
  aliases: Aliases;
  identify: Identify;
  limits: SpendLimits;
  /** The server's own secret, for keyed hashes. */
  secret: string;
  /** Resolves once the others know this process, and what stopped ones left open is ended. */
  begun: Promise<void>;
  /** Makes the one-time code of the first administrator, where one is needed and no start before has made it. */
  makeSetupCode(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface ContextOptions {
  clock?: () => number;
  /** Milliseconds that every commit waits longer (SQLite): a slow disk, for tests and benchmarks. */
  flushDelayMs?: number;
  /** Milliseconds between two words of the demo model. */
  demoPaceMs?: number;
  /** Where log lines go instead of standard output. */
  logTo?: DestinationStream;
}

export async function createContext(config: Config, options: ContextOptions = {}): Promise<Context> {
  const clock = options.clock ?? Date.now;
  const logger = createLogger(config.LOG_LEVEL, options.logTo);
  const instanceId = randomBytes(9).toString('base64url');
  const database = await openDatabase(config, options);
  const secret = await keepSecret(database);
  const redis = config.REDIS_URL ? await connectRedis(config.REDIS_URL, logger) : undefined;
  const upstream = openUpstream(config, options);
  const mailer = await createMailer(config);
  const generations = createGenerations({ database, upstream, clock, logger, instanceId });
  const streams = redis && (await shareStreams({ redis, secret, instanceId, generations, logger }, config));
  const limits = limitsOf(config, upstream);
  const titles = createTitles({ database, upstream, limits, instanceId, clock });
  const live = createLiveVisitors((ids) => findLive(database, ids, clock()), logger);
  const networks = await createBlockedNetworks(() => readBlockedCidrs(database.read, clock()), logger);
  const aliases = await createAliases(() => readAliases(database.read), logger);
  const tracing = await openTracing(config, instanceId, logger);
  const onAbuse = (address: string) => blockAbuser({ config, database, networks, logger, now: clock() }, address);
  const background = startBackground({ config, database, clock, logger, instanceId, generations, titles, mailer });
  return {
    config,
    logger,
    clock,
    instanceId,
    database,
    redis,
    upstream,
    generations,
    mirrors: createMirrors({ database, streams, logger }),
    titles,
    jobs: background.jobs,
    throttle: createThrottle(config, { onAbuse, redis }),
    live,
    networks,
    aliases,
    tracing,
    providers: createProviders(config),
    mailer,
    identify: identifyAlsoBy({ database, clock }, identifyBy(database, clock, config.LOGIN_IDLE_DAYS)),
    limits,
    secret,
    begun: background.begun,
    makeSetupCode: () => makeSetupCode(config, database),
    close: async () => {
      await background.stopBeating();
      live.close();
      networks.close();
      aliases.close();
      await tracing?.close();
      await generations.drain(0);
      await background.close();
      mailer?.close();
      await upstream.close();
      streams?.close();
      redis?.destroy();
      await database.close();
    },
  };
}

/** It is there from the second start on, and then nobody waits for the writer thread. */
async function keepSecret(database: Database): Promise<string> {
  const kept = await readSetting(database.read, 'secret');
  return kept ?? database.write(keepSetting, { name: 'secret', value: randomBytes(32).toString('base64url') });
}

async function findLive(database: Database, ids: { logins: number[]; keys: number[] }, now: number) {
  return {
    logins: ids.logins.length > 0 ? await findLiveLogins(database.read, { ids: ids.logins, now }) : [],
    keys: ids.keys.length > 0 ? await findLiveKeys(database.read, { ids: ids.keys, now }) : [],
  };
}

async function shareStreams(
  parts: Pick<SharedStreamsParts, 'redis' | 'instanceId' | 'logger'> & { secret: string; generations: Generations },
  { REDIS_URL }: Config,
) {
  const { createSharedStreams } = await import('./streams/shared-streams.ts');
  const { redis, instanceId, logger, secret, generations } = parts;
  return createSharedStreams({
    redis,
    instanceId,
    logger,
    subscriber: await connectRedis(REDIS_URL!, logger),
    deployment: createHash('sha256').update(secret).digest('base64url').slice(0, 12),
    findLog: (id) => generations.findLog(id),
  });
}

/** A network that goes on failing past its limit asks nothing for a while; administrators see it in their list. */
function blockAbuser(
  parts: { config: Config; database: Database; networks: BlockedNetworks; logger: Logger; now: number },
  address: string,
): void {
  const { config, database, networks, logger, now } = parts;
  const minutes = config.NETWORK_BLOCK_MINUTES;
  if (minutes === 0) return;
  const reason = 'Too many failed logins';
  const expiresAt = now + minutes * 60_000;
  database
    .write(blockNetwork, { cidr: networkOf(address), reason, expiresAt, actorId: null, now })
    .then(() => networks.refresh())
    .catch((error: unknown) => logger.error({ err: error }, 'a network could not be blocked'));
}

function openUpstream(config: Config, { demoPaceMs }: ContextOptions): Upstream {
  return createUpstream({
    apiKey: config.OPENAI_API_KEY,
    baseUrl: config.OPENAI_BASE_URL,
    extra: readProvidersFile(config.PROVIDERS_FILE),
    localProvider: config.LOCAL_PROVIDER,
    defaultModel: config.DEFAULT_MODEL,
    demoPaceMs,
    limits: {
      connectMs: config.CONNECT_TIMEOUT_MS,
      firstByteMs: config.FIRST_BYTE_TIMEOUT_MS,
      idleMs: config.IDLE_TIMEOUT_MS,
      wholeMs: config.ANSWER_TIMEOUT_MS,
    },
  });
}

function limitsOf(config: Config, { priceList }: Upstream): SpendLimits {
  return {
    dailyRequests: config.DAILY_REQUEST_LIMIT,
    zone: config.QUOTA_TIME_ZONE,
    concurrent: config.MAX_CONCURRENT_GENERATIONS,
    concurrentChosen: config.concurrencyChosen,
    monthlyBudget: config.MONTHLY_BUDGET_USD === undefined ? null : nanoOf(config.MONTHLY_BUDGET_USD),
    unknownPriceReserve: nanoOf(config.UNKNOWN_PRICE_RESERVE_USD),
    priceList,
  };
}

async function openTracing(config: Config, instanceId: string, logger: Logger): Promise<Tracing | undefined> {
  const collector = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  return collector === undefined ? undefined : startTracing(collector, instanceId, logger);
}

/** What only one kind of database needs is loaded where it is used: an idle server stays small. */
async function openDatabase(config: Config, options: ContextOptions): Promise<Database> {
  if (config.DATABASE_URL) {
    const { openPostgres } = await import('./db/postgres.ts');
    return openPostgres({ url: config.DATABASE_URL });
  }
  return openSqlite({
    dataDir: config.DATA_DIR,
    stores,
    storesModule: moduleUrl('stores', import.meta.url),
    flushDelayMs: options.flushDelayMs,
  });
}

/** Beyond loopback the first administrator needs a code. Its hash alone is kept, so whoever makes it has to show it. */
async function makeSetupCode(config: Config, database: Database): Promise<string | undefined> {
  if (config.loopbackOnly || config.ADMIN_EMAIL) return undefined;
  const code = randomBytes(12).toString('base64url');
  return (await database.write(openSetup, { codeHash: hashToken(code) })) ? code : undefined;
}
