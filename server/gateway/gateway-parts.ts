import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { Identify } from '../http/visitor.ts';
import type { Redis } from '../redis/connect-redis.ts';
import type { SpendLimits } from '../spend/reservation.ts';
import { FREE } from '../spend/price-list.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import { readProvidersFile } from '../upstream/providers-file.ts';
import type { Aliases } from './aliases.ts';
import type { GatewayParts } from './ask.ts';
import { createBreakers } from './breakers.ts';
import { createDemoTransport } from './demo-transport.ts';
import { createProgressNotes } from './progress-notes.ts';
import { cacheInMemory, cacheInRedis } from './response-cache.ts';
import { createRunningCalls } from './running-calls.ts';
import { createTargets } from './targets.ts';

interface Surroundings {
  config: Config;
  database: Database;
  redis: Redis | undefined;
  aliases: Aliases;
  upstream: Upstream;
  limits: SpendLimits;
  instanceId: string;
  secret: string;
  identify: Identify;
  clock: () => number;
  logger: FastifyBaseLogger;
}

/** What the gateway is made of. */
export function createGatewayParts(context: Surroundings, observe: GatewayParts['observe']): GatewayParts {
  const { config, database, upstream, limits, instanceId, clock, logger } = context;
  const targets = createTargets({
    upstream,
    demo: createDemoTransport(upstream.provider),
    priceList: limits.priceList ?? FREE,
    extra: config.PROVIDERS_FILE === undefined ? [] : readProvidersFile(config.PROVIDERS_FILE),
  });
  return {
    config,
    database,
    catalogue: {
      ...upstream.catalogue,
      list: async () => {
        const listed = await upstream.catalogue.list();
        const ids = new Set(listed.map((model) => model.id));
        return [...listed, ...targets.extraModels().filter((model) => !ids.has(model.id))];
      },
    },
    targets,
    aliases: context.aliases,
    identify: context.identify,
    limits,
    instanceId,
    clock,
    tickets: { database, logger, clock },
    breakers: createBreakers(),
    cache: context.redis ? cacheInRedis(context.redis, context.secret) : cacheInMemory(),
    progress: createProgressNotes(database, clock),
    running: createRunningCalls(),
    observe,
  };
}
