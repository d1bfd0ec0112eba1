import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { Identify } from '../http/visitor.ts';
import type { Redis } from '../redis/connect-redis.ts';
import type { SpendLimits } from '../spend/reservation.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import type { Aliases } from './aliases.ts';
import type { GatewayParts } from './ask.ts';
import { createProgressNotes } from './progress-notes.ts';
import { cacheInMemory, cacheInRedis } from './response-cache.ts';
import { createRunningCalls } from './running-calls.ts';
import { createFindTargets } from './targets.ts';

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
  return {
    config,
    database,
    upstream,
    catalogue: upstream.catalogue,
    findTargets: createFindTargets(upstream),
    aliases: context.aliases,
    identify: context.identify,
    limits,
    instanceId,
    clock,
    tickets: { database, logger, clock },
    cache: context.redis ? cacheInRedis(context.redis, context.secret) : cacheInMemory(),
    progress: createProgressNotes(database, clock),
    running: createRunningCalls(),
    observe,
  };
}
