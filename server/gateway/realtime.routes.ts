import type { FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import type { GatewayParts } from './ask.ts';
import { chooseModel } from './choose-model.ts';
import { gatewayConfig } from './gateway-schema.ts';
import type { Socket } from './realtime-session.ts';

/** https://www.iana.org/assignments/websocket: a policy says no; something went wrong on our side. */
const POLICY = 1_008;
const INTERNAL = 1_011;
/** How often an open socket asks whether its key still stands. */
const CHECK_MS = 1_000;

/** Realtime sessions: the provider's events both ways, each response within quota and budget. */
export function addRealtimeRoutes(scope: App, parts: GatewayParts): void {
  const options = { websocket: true as const, config: gatewayConfig, schema: { hide: true } };
  scope.get('/realtime', options, (socket: Socket, request: FastifyRequest) => {
    open(parts, socket, request).catch((error: unknown) => {
      request.log.error({ err: error }, 'a realtime session could not be opened');
      socket.close(INTERNAL, 'The session could not be opened.');
    });
  });
}

async function open(parts: GatewayParts, socket: Socket, request: FastifyRequest): Promise<void> {
  const visitor = visitorOf(request);
  // What the client says before the provider listens is kept.
  const early: { data: Buffer; isBinary: boolean }[] = [];
  const keep = (data: Buffer, isBinary: boolean) => early.push({ data, isBinary });
  socket.on('message', keep);
  const { model } = request.query as { model?: string };
  const chosen = await chooseModel(parts, model);
  const target = (await parts.targets.find('realtime', chosen.used))[0]!;
  if (target.kind === 'demo') return socket.close(POLICY, 'The demo model does not serve realtime.');
  // With its client for WebSockets, which nothing else uses.
  const { RealtimeSession } = await import('./realtime-session.ts');
  const session = new RealtimeSession({
    parts,
    visitor,
    socket,
    target,
    model: chosen.used,
    asked: model ?? chosen.used,
  });
  const { token } = request.credential!;
  const check = setInterval(() => {
    parts.identify(token).then(
      (found) => found || socket.close(POLICY, 'This key is not valid any more.'),
      () => undefined,
    );
  }, CHECK_MS);
  check.unref();
  socket.on('close', () => clearInterval(check));
  socket.off('message', keep);
  session.start(early);
}
