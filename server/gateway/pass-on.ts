import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { failureOfStatus } from '../upstream/provider-failure.ts';
import type { ProviderRequest } from '../upstream/transport.ts';
import { TypedAnswer } from './answer-reader.ts';
import { AnswerRelay, ClientLeft } from './answer-relay.ts';
import { providerHeaders, type GatewayParts } from './ask.ts';
import { ProviderCall, type Refusal } from './provider-call.ts';
import { handOnRefusal } from './refusal.ts';
import type { Target } from './targets.ts';

/** The provider that has an object, by the name it was noted under. */
export async function targetNamed(
  parts: Pick<GatewayParts, 'findTargets'>,
  endpoint: string,
  name: string,
): Promise<Target> {
  const targets = await parts.findTargets(endpoint, '');
  const target = targets.find((one) => one.name === name) ?? targets[0]!;
  if (target.kind === 'demo') throw new Problem('not_supported', `The demo model does not serve ${endpoint}.`);
  return target;
}

/** The request as it came, for another path below the provider's address. */
export function sameRequest(request: FastifyRequest, path: string): ProviderRequest {
  const body = Buffer.isBuffer(request.body) ? request.body : null;
  const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
  const headers = providerHeaders(request, body ? request.headers['content-type'] : undefined);
  return { method: request.method, path: path + query, headers, body };
}

/** A status by which a provider says something about the request itself, and not about us. */
export function aboutRequest(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 425, 429].includes(status);
}

/**
 * Hands a request on that asks no model (reading, cancelling and deleting objects), and its answer back.
 * `onBody` sees a whole answer that is JSON, before the client does; refusals that `isForClient` go on unchanged.
 */
export async function passOn(
  target: Target,
  wanted: ProviderRequest,
  reply: FastifyReply,
  onBody: (text: string) => Promise<void> = () => Promise.resolve(),
  isForClient = aboutRequest,
): Promise<void> {
  const left = new AbortController();
  const onClose = () => left.abort(new ClientLeft());
  reply.raw.once('close', onClose);
  if (reply.raw.destroyed) onClose();
  const { limits, secrets } = target.transport;
  const reader = new TypedAnswer({ secrets, dropUsage: false, maxText: Number.MAX_SAFE_INTEGER });
  let relay: AnswerRelay | undefined;
  const refusal = await new Promise<Refusal | undefined>((resolve, reject) => {
    const sink = new AnswerRelay({
      reply,
      reader,
      startedAt: performance.now(),
      headers: {},
      keepsCopy: false,
      pause: () => call.pause(),
      resume: () => call.resume(),
      onBegun: () => undefined,
    });
    relay = sink;
    const call = new ProviderCall({ limits, signal: left.signal, sink, resolve, reject });
    target.transport.send(wanted, call);
  });
  if (!refusal) {
    const text = relay!.copy().toString('utf8');
    if (relay!.contentType.includes('json')) await onBody(text);
    return relay!.end();
  }
  const { status, headers, body } = refusal;
  if (!isForClient(status)) throw failureOfStatus(status, headers, body.toString('utf8'), secrets);
  handOnRefusal(reply, refusal, secrets, {});
}

/** The `limit`, `order` and `after` of OpenAI's lists; they differ in their usual order. */
export function readListQuery(
  request: FastifyRequest,
  usual: 'asc' | 'desc' = 'desc',
): { limit: number; order: 'asc' | 'desc'; after?: string } {
  const { limit, order, after } = request.query as Record<string, string | undefined>;
  const count = Number(limit ?? 20);
  return {
    limit: Number.isInteger(count) ? Math.min(10_000, Math.max(1, count)) : 20,
    order: order === 'asc' || order === 'desc' ? order : usual,
    after,
  };
}

/** A list as OpenAI's clients page through it. */
export function listOf(documents: { id?: unknown }[], limit: number): object {
  const data = documents.slice(0, limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: documents.length > limit,
  };
}
