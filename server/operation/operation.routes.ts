import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { modelList } from '#contracts/chat.ts';
import { health, liveness, serviceInfo, type Health } from '#contracts/operation.ts';
import { isLoopbackHost, type Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { databaseAnswers } from '../db/ping.ts';
import { Problem } from '../errors.ts';
import { answers, type App } from '../http/app-types.ts';
import { version } from '../http/version.ts';
import { cookieName, readCredential, type Identify } from '../http/visitor.ts';
import { redisAnswers, type Redis } from '../redis/connect-redis.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import type { Metrics } from './metrics.ts';
import { addReferencePages } from './reference.routes.ts';

export interface OperationParts {
  config: Config;
  database: Database;
  redis: Redis | undefined;
  upstream: Pick<Upstream, 'health' | 'catalogue'>;
  identify: Identify;
  metrics: Metrics;
  isClosing: () => boolean;
}

const tags = ['operation'];

export function addOperationRoutes(app: App, parts: OperationParts): void {
  app.get(
    '/',
    { schema: { tags, summary: 'What this server is', response: answers({ 200: serviceInfo }) } },
    async () => ({
      service: 'daesa',
      status: 'running' as const,
      version,
      timestamp: new Date().toISOString(),
    }),
  );
  addHealth(app, parts);
  addModels(app, parts);
  addMetricsRoute(app, parts);
  addReferencePages(app);
}

function addHealth(app: App, parts: OperationParts): void {
  const summary = 'How the server, its database and the model provider are';
  const schema = { tags, summary, response: answers({ 200: health, 503: health }) };
  app.get('/health', { schema }, async (_request, reply) => {
    const [connected, openaiApi, redis] = await Promise.all([
      databaseAnswers(parts.database),
      parts.upstream.health(),
      parts.redis && redisAnswers(parts.redis),
    ]);
    const degraded = openaiApi === 'disconnected' || redis === false;
    const report: Health = {
      status: connected ? (degraded ? 'degraded' : 'healthy') : 'unhealthy',
      openai_api: openaiApi,
      database: connected ? 'connected' : 'disconnected',
      ...(redis === undefined ? {} : { redis: redis ? ('connected' as const) : ('disconnected' as const) }),
      timestamp: new Date().toISOString(),
      version,
      uptime_s: Math.round(process.uptime()),
      memory_bytes: process.memoryUsage.rss(),
    };
    return reply
      .code(connected ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  });
  const live = { tags, summary: 'Whether the process runs', response: answers({ 200: liveness }) };
  app.get('/health/live', { schema: live }, async () => ({
    status: 'live' as const,
  }));
  const ready = {
    tags,
    summary: 'Whether new requests belong here',
    response: answers({ 200: liveness, 503: liveness }),
  };
  app.get('/health/ready', { schema: ready }, async (_request, reply) => {
    if (parts.isClosing())
      return reply
        .code(503)
        .header('retry-after', '5')
        .send({ status: 'stopping' as const });
    const connected = await databaseAnswers(parts.database);
    return reply.code(connected ? 200 : 503).send({ status: connected ? ('ready' as const) : ('unhealthy' as const) });
  });
}

function addModels(app: App, parts: OperationParts): void {
  app.get(
    '/models',
    {
      config: { access: 'user' },
      schema: { tags: ['chat'], summary: 'The models that can be asked', response: answers({ 200: modelList }) },
    },
    async () => {
      const { catalogue } = parts.upstream;
      const models = await catalogue.list();
      return { models, default: await catalogue.defaultModel() };
    },
  );
}

const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/** Whether a scraper may read: by METRICS_TOKEN, as an administrator, or on this machine itself. */
async function mayReadMetrics(request: FastifyRequest, parts: OperationParts): Promise<boolean> {
  const { config } = parts;
  const credential = readCredential(request, cookieName(config));
  if (credential) {
    if (config.METRICS_TOKEN && isSame(credential.token, config.METRICS_TOKEN)) return true;
    const visitor = await parts.identify(credential.token);
    // API keys administer nothing, whoever they belong to.
    return visitor?.role === 'administrator' && !visitor.key;
  }
  if (config.METRICS_TOKEN) return false;
  const direct = FORWARDING.every((name) => request.headers[name] === undefined);
  const peer = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  return direct && isLoopbackHost(peer) && isLoopbackHost(new URL(config.PUBLIC_URL).hostname);
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function addMetricsRoute(app: App, parts: OperationParts): void {
  const schema = {
    tags,
    summary: 'Counters for Prometheus',
    description: 'For METRICS_TOKEN, administrators, and scrapers on this machine itself.',
    security: [{}, { bearer: [] }, { cookie: [] }] as Record<string, string[]>[],
    response: answers({ 200: z.string() }),
  };
  app.get('/metrics', { schema }, async (request, reply) => {
    if (!(await mayReadMetrics(request, parts))) throw new Problem('unauthenticated');
    const { contentType, read } = parts.metrics;
    return reply
      .type(contentType)
      .serializer(String)
      .send(await read());
  });
}
