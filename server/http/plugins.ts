import { randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { App } from './app-types.ts';
import { addDocumentation } from './documentation.ts';
import { addJsonParser } from './json-body.ts';
import { addProblemHandlers, answerParserError, answerRouterError } from './problems.ts';
import { addSecurityHeaders } from './security-headers.ts';

/** Node's own defaults. */
const HEADERS_TIMEOUT_MS = 60_000;
const CHECK_CONNECTIONS_MS = 30_000;

/** The HTTP application with everything that is no feature: parsing, problems, headers, documentation. */
export async function createApp(config: Config, logger: Logger): Promise<App> {
  const app: App = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    // Longer than balancers keep theirs (60 s as a rule), so that none is closed under a request.
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 500 },
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    // The hook in app.ts refuses new work, with a problem like every other.
    return503OnClosing: false,
    frameworkErrors: answerRouterError,
    clientErrorHandler: answerParserError,
    // Clients that offer HTTP/2 by `Upgrade: h2c` are answered as if they had not.
    http: {
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, config.REQUEST_TIMEOUT_MS),
      requestTimeout: config.REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(CHECK_CONNECTIONS_MS, config.REQUEST_TIMEOUT_MS / 4),
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('visitor', undefined);
  app.decorateRequest('credential', undefined);
  app.decorateRequest('spent', undefined);
  addJsonParser(app, config.JSON_DEPTH_LIMIT);
  addProblemHandlers(app);
  await app.register(cookie);
  addSecurityHeaders(app, config);
  await app.register(cors, {
    origin: config.CORS_ORIGINS.length > 0 ? config.CORS_ORIGINS : false,
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'link',
      'location',
      'retry-after',
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
      'x-request-id',
    ],
    maxAge: 600,
  });
  await addDocumentation(app, config);
  return app;
}
