import { createAsking } from './asking.ts';
import { addAccountRoutes } from './accounts/accounts.routes.ts';
import { removeAccount } from './accounts/remove-account.ts';
import { addAdminRoutes } from './admin/admin.routes.ts';
import { addAlertRoutes } from './alerts/alerts.routes.ts';
import { addAssistants } from './assistants/add-assistants.ts';
import { addBotRoutes } from './bots/bots.routes.ts';
import { addChatRoutes } from './chat/chat.routes.ts';
import { addChatSocket } from './chat/chat.socket.ts';
import type { Context } from './context.ts';
import { Problem } from './errors.ts';
import type { App } from './http/app-types.ts';
import { limitHeaders } from './gateway/answer-headers.ts';
import { createGatewayParts } from './gateway/gateway-parts.ts';
import { addAliasRoutes } from './gateway/aliases.routes.ts';
import { addGateway } from './gateway/gateway.routes.ts';
import { lendModels } from './gateway/lend-models.ts';
import { openAiError } from './gateway/openai-error.ts';
import { addBlockedNetworks } from './http/blocked-networks.ts';
import { followChanges } from './http/changes-under-way.ts';
import { addLiveVisitors } from './http/live-visitors.ts';
import { createApp } from './http/plugins.ts';
import { addPublicReads } from './http/public-reads.ts';
import { keepRoundsShort } from './http/short-rounds.ts';
import { addSockets } from './http/sockets.ts';
import { checkAccess, cookieName } from './http/visitor.ts';
import { addWebApp } from './http/web-app.ts';
import { leave } from './leave.store.ts';
import { ownDataOf } from './own-data.ts';
import { addKeyRoutes } from './keys/keys.routes.ts';
import { addMetrics } from './operation/metrics.ts';
import { addOperationRoutes } from './operation/operation.routes.ts';
import { addNoticeRoutes } from './quotes/notices.routes.ts';
import { addQuoteRoutes } from './quotes/quotes.routes.ts';
import { addMarkRoutes } from './sessions/marks.routes.ts';
import { addPromptRoutes } from './sessions/prompts.routes.ts';
import { createFindHead } from './sessions/session-head.ts';
import { addSessionRoutes } from './sessions/sessions.routes.ts';
import { addSnapshotRoutes } from './sessions/snapshots.routes.ts';
import { addUsageRoutes } from './usage/usage.routes.ts';

export interface Server {
  app: App;
  /** Refuses new work, lets running answers finish for `timeoutMs`, then closes everything. */
  stop(timeoutMs: number): Promise<void>;
}

/** What goes on while a server drains: reading and stopping streams, and asking how it is. */
const DURING_DRAIN = /^(\/health|\/metrics|\/chat\/stream\/)/;

/** How long connections may take for what is already written, once everything has ended. */
const LAST_BYTES_MS = 2_000;

/** Every part of HTTP, in the order a request meets it. */
export async function buildApp(context: Context): Promise<Server> {
  const { config, database, generations, upstream, identify, limits, clock, secret, throttle } = context;
  const app = await createApp(config, context.logger);
  let closing = false;

  keepRoundsShort(app);
  await addSockets(app, config);
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    if (closing && !DURING_DRAIN.test(request.url)) throw new Problem('shutting_down', undefined, { retryAfterS: 5 });
  });
  const changes = followChanges(app);
  addBlockedNetworks(app, context.networks);
  addPublicReads(app, cookieName(config), throttle.publicRead);
  await addWebApp(app, config, identify, createFindHead(database, config.PUBLIC_URL, clock));
  app.addHook('onRequest', checkAccess(config, identify));
  addLiveVisitors(app, context.live);
  const metrics = await addMetrics(app, {
    workers: config.WORKERS,
    openGenerations: () => generations.count,
    databaseLoad: database.load,
  });
  generations.onStart(metrics.observeGeneration);
  addRequestLog(app);

  const stopGenerations = (userId: number) => generations.stop({ userId });
  addOperationRoutes(app, {
    config,
    database,
    redis: context.redis,
    upstream,
    identify,
    metrics,
    isClosing: () => closing,
  });
  const accounts = {
    config,
    database,
    throttle,
    limits,
    clock,
    secret,
    stopGenerations,
    leave,
    ownData: ownDataOf(database),
    providers: context.providers,
    sendsMail: context.mailer !== undefined,
    wakeJobs: context.jobs.wake,
  };
  addAccountRoutes(app, accounts);
  addAdminRoutes(app, {
    config,
    database,
    clock,
    networks: context.networks,
    stopGenerations,
    removeAccount: (userId, actorId) => removeAccount(accounts, { userId, actorId, keepPublished: false }),
  });
  addKeyRoutes(app, { config, database, clock });
  addUsageRoutes(app, { config, database });
  addAlertRoutes(app, { config, database, clock });
  addBotRoutes(app, { config, database, clock });
  const asking = createAsking(context);
  const chat = { ...asking, mirrors: context.mirrors, replayMs: config.STREAM_REPLAY_MS };
  addChatRoutes(app, chat);
  addChatSocket(app, { ...chat, identify, isClosing: () => closing });
  addSessionRoutes(app, asking);
  addPromptRoutes(app, asking);
  addMarkRoutes(app, { database });
  addSnapshotRoutes(app, { ...asking, secret });
  addQuoteRoutes(app, { config, database, clock });
  addNoticeRoutes(app, { config, database, clock });

  const gateway = createGatewayParts(context, (call) => {
    metrics.countCall(call);
    context.tracing?.record(call);
  });
  const assistants = {
    config,
    database,
    clock,
    logger: context.logger,
    instanceId: context.instanceId,
    limits,
    models: lendModels(gateway),
    running: gateway.running,
    showError: openAiError,
    limitHeaders,
  };
  addGateway(app, gateway, (scope) => addAssistants(scope, assistants));
  addAliasRoutes(app, { database, clock, aliases: context.aliases });
  app.addHook('onReady', () => context.begun);

  return {
    app,
    stop: async (timeoutMs) => {
      closing = true;
      const until = performance.now() + timeoutMs;
      // What was let in before may still begin an answer.
      await changes.over(timeoutMs);
      const leftMs = Math.max(0, until - performance.now());
      const ended = [generations.drain(leftMs), context.mirrors.drain(leftMs), gateway.running.drain(leftMs)];
      await Promise.all(ended);
      // Readers have had their ends by now; one that takes nothing does not hold the server.
      const cut = setTimeout(() => app.server.closeAllConnections(), LAST_BYTES_MS);
      gateway.progress.close();
      await app.close();
      clearTimeout(cut);
      await context.close();
    },
  };
}

/** One line a request: never a body, a token or a key. */
function addRequestLog(app: App): void {
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        user: request.visitor?.id,
        ...request.spent,
      },
      'request',
    );
  });
}
