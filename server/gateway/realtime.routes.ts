import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { readBearer, visitorOf, type Visitor } from '../http/visitor.ts';
import { ClientLeft } from './answer-relay.ts';
import type { GatewayParts } from './ask.ts';
import { chooseModel } from './choose-model.ts';
import { gatewayConfig, gatewaySchema } from './gateway-schema.ts';
import { toToday } from './realtime-beta.ts';
import { isSecret, makeSecret, openSecret, secretBody, type KeptSession } from './realtime-secrets.ts';
import type { Socket } from './realtime-session.ts';

/** https://www.iana.org/assignments/websocket: a policy says no; something went wrong on our side. */
const POLICY = 1_008;
const INTERNAL = 1_011;
const OPEN = 1;
/** How often an open socket asks whether its key still stands. */
const CHECK_MS = 1_000;
const SECRET_SECONDS = 600;
/** As the beta had it. */
const BETA_SECRET_SECONDS = 60;

/** Whoever opens a socket: a key or login, or the short-lived key that was made with one. */
interface Caller {
  visitor: Visitor;
  token: string;
  kept?: KeptSession;
}

/** Realtime sessions: the provider's events both ways, each response within quota and budget. */
export function addRealtimeRoutes(scope: App, parts: GatewayParts): void {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const options = {
    websocket: true as const,
    // Short-lived keys open this route and no other, so it looks itself who is there.
    config: { access: 'open' as const },
    schema: { hide: true },
    onRequest: async (request: FastifyRequest) => {
      callers.set(request, await identifyCaller(parts, request));
    },
  };
  scope.get('/realtime', options, (socket: Socket, request: FastifyRequest) => {
    open(parts, socket, request, callers.get(request)!).catch((error: unknown) => {
      request.log.error({ err: error }, 'a realtime session could not be opened');
      socket.close(INTERNAL, 'The session could not be opened.');
    });
  });
  const making = { config: gatewayConfig, schema: gatewaySchema('Makes a short-lived key for a realtime session') };
  scope.post('/realtime/client_secrets', making, (request, reply) => giveSecret(parts, request, reply));
  scope.post('/realtime/sessions', making, (request, reply) => giveBetaSecret(parts, request, reply));
}

async function identifyCaller(parts: GatewayParts, request: FastifyRequest): Promise<Caller> {
  const credential = readBearer(request);
  if (!credential) throw new Problem('unauthenticated');
  const opened = isSecret(credential.token) ? await openSecret(parts, credential.token) : credential;
  const visitor = opened && (await parts.identify(opened.token));
  if (!visitor) throw new Problem('unauthenticated', 'This login or key is not valid (any more).');
  request.visitor = visitor;
  return { ...opened, visitor };
}

function readBody<Shape extends z.ZodType>(schema: Shape, request: FastifyRequest): z.infer<Shape> {
  let value: unknown;
  try {
    value = JSON.parse((request.body as Buffer | undefined)?.toString('utf8') || '{}');
  } catch {
    throw new Problem('unreadable', 'The body is not JSON.');
  }
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const errors = error!.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Problem('unreadable', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
}

/** Which provider would serve it; the demo model has no voice. */
async function refuseDemo(parts: GatewayParts, model: string | undefined): Promise<void> {
  const chosen = await chooseModel(parts, model);
  const [target] = await parts.findTargets('realtime', chosen.used);
  if (target!.kind === 'demo') throw new Problem('not_supported', 'The demo model does not serve realtime.');
}

async function giveSecret(parts: GatewayParts, request: FastifyRequest, reply: FastifyReply): Promise<object> {
  const { expires_after: expiry, session = {} } = readBody(secretBody, request);
  await refuseDemo(parts, session.model);
  const kept = { session: { type: 'realtime', ...session }, beta: false };
  const { value, expiresAt } = await makeSecret(parts, {
    userId: visitorOf(request).id,
    token: request.credential!.token,
    kept,
    seconds: expiry?.seconds ?? SECRET_SECONDS,
  });
  const shown = { id: newSessionId(), object: 'realtime.session', ...kept.session };
  return reply
    .type('application/json')
    .send(Buffer.from(JSON.stringify({ value, expires_at: expiresAt, session: shown })));
}

const newSessionId = () => `sess_${randomBytes(12).toString('hex')}`;

/** The beta's way to the same: the session itself is asked for, and comes back with its key in it. */
async function giveBetaSecret(parts: GatewayParts, request: FastifyRequest, reply: FastifyReply): Promise<object> {
  const session = readBody(secretBody.shape.session.unwrap(), request);
  await refuseDemo(parts, session.model);
  const kept = { session: { type: 'realtime', ...toToday(session) }, beta: true };
  const { value, expiresAt } = await makeSecret(parts, {
    userId: visitorOf(request).id,
    token: request.credential!.token,
    kept,
    seconds: BETA_SECRET_SECONDS,
  });
  const shown = {
    id: newSessionId(),
    object: 'realtime.session',
    ...session,
    client_secret: { value, expires_at: expiresAt },
  };
  return reply.type('application/json').send(Buffer.from(JSON.stringify(shown)));
}

/** Clients of the beta say so by header or subprotocol, or ask for a model of its time. */
function speaksBeta(request: FastifyRequest, model: string | undefined): boolean {
  const said = `${String(request.headers['openai-beta'] ?? '')} ${String(request.headers['sec-websocket-protocol'] ?? '')}`;
  return /realtime[=-]v1/.test(said) || /realtime-preview/.test(model ?? '');
}

async function open(parts: GatewayParts, socket: Socket, request: FastifyRequest, caller: Caller): Promise<void> {
  // What the client says before the provider listens is kept.
  const early: { data: Buffer; isBinary: boolean }[] = [];
  const keep = (data: Buffer, isBinary: boolean) => early.push({ data, isBinary });
  socket.on('message', keep);
  const { model: queried, intent } = request.query as { model?: string; intent?: string };
  const { kept, visitor } = caller;
  const model = (kept?.session.model as string | undefined) ?? queried;
  const transcribes = intent === 'transcription' || kept?.session.type === 'transcription';
  const chosen = await chooseModel(parts, model);
  const targets = await parts.findTargets('realtime', chosen.used);
  if (targets[0]!.kind === 'demo') return socket.close(POLICY, 'The demo model does not serve realtime.');
  const path = transcribes ? 'realtime?intent=transcription' : `realtime?model=${encodeURIComponent(chosen.used)}`;
  // With the client for WebSockets, which nothing else uses.
  const { openProviderSocket } = await import('./provider-socket.ts');
  const { RealtimeSession } = await import('./realtime-session.ts');
  const left = new AbortController();
  socket.on('close', () => left.abort(new ClientLeft()));
  if (socket.readyState > OPEN) return;
  const turns = { model: chosen.used, signal: left.signal, untouched: () => true };
  const upstream = await parts.upstream
    .askInTurn(targets, (target) => openProviderSocket(target, path, left.signal), turns)
    .catch((error: unknown) => {
      if (left.signal.aborted) return undefined;
      throw error;
    });
  if (!upstream) return;
  if (left.signal.aborted) return upstream.hangUp();
  const session = new RealtimeSession({
    parts,
    visitor,
    socket,
    upstream,
    model: chosen.used,
    asked: model ?? chosen.used,
    beta: kept?.beta ?? speaksBeta(request, model),
    session: kept?.session,
  });
  const check = setInterval(() => {
    parts.identify(caller.token).then(
      (found) => found || socket.close(POLICY, 'This key is not valid any more.'),
      () => undefined,
    );
  }, CHECK_MS);
  check.unref();
  socket.on('close', () => clearInterval(check));
  socket.off('message', keep);
  session.start(early);
}
