/**
 * One call below /v1, from its reservation to its one end:
 *
 *   reserved ─▶ asked ─┬─ refused by the provider (4xx) ────────────▶ refunded   its answer is handed on
 *                      ├─ failed before anything came (5xx, …) ─────▶ refunded   an error answer
 *                      ├─ whole ────────────────────────────────────▶ settled    with the usage it names
 *                      ├─ broken off after a token ─────────────────▶ settled    estimated; an error event
 *                      ├─ its client left before it was taken ──────▶ refunded   the provider is hung up on
 *                      └─ its client left afterwards ───────────────▶ settled    estimated; likewise
 */
import type { FastifyReply } from 'fastify';
import { Problem } from '../errors.ts';
import { toProblem } from '../http/problems.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import { failureOfStatus } from '../upstream/provider-failure.ts';
import type { ProviderRequest } from '../upstream/transport.ts';
import type { AnswerReader } from './answer-reader.ts';
import { AnswerRelay, ClientLeft } from './answer-relay.ts';
import type { KeptAnswer } from './gateway.store.ts';
import { ProviderCall, type Refusal } from './provider-call.ts';
import type { ProgressNotes } from './progress-notes.ts';
import { handOnRefusal } from './refusal.ts';
import type { RunningCalls } from './running-calls.ts';
import { runningAnswer, settlementOf, usageOf, type CallCost } from './settlement.ts';
import type { Target } from './targets.ts';
import type { Ticket } from './ticket.ts';

export interface CallPlan extends CallCost {
  endpoint: string;
  ticket: Ticket;
  /** Where it may be asked, the best first. */
  targets: Target[];
  /** The request for one target. */
  request: (target: Target) => ProviderRequest;
  reader: (target: Target) => AnswerReader;
  streams: boolean;
  headers: Record<string, string>;
  keepsCopy: boolean;
  /** A copy of the whole answer, before its last byte goes out. */
  onWhole?: (answer: KeptAnswer, reader: AnswerReader, target: Target) => Promise<void>;
  /** Its body can not be sent twice. */
  once?: boolean;
}

export interface CallParts {
  upstream: Pick<Upstream, 'askInTurn'>;
  progress: ProgressNotes;
  running: RunningCalls;
  observe: (call: ObservedCall) => void;
}

export interface CallEnd {
  status: number;
  /** What answered. */
  model: string;
  inputTokens: number;
  outputTokens: number;
}

/** An ended call, for metrics and traces. */
export interface ObservedCall extends CallEnd {
  endpoint: string;
  asked: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

interface Attempt {
  target: Target;
  relay: AnswerRelay;
  reader: AnswerReader;
  sent: boolean;
  refusal?: Refusal;
}

/** Asks the provider and answers the client. Throws the problem to answer where nothing has been sent yet. */
export async function carryOut(plan: CallPlan, parts: CallParts, reply: FastifyReply): Promise<CallEnd> {
  const { endpoint, model: asked } = plan;
  const startedAt = Date.now();
  try {
    const end = await run(plan, parts, reply);
    parts.observe({ ...end, endpoint, asked, startedAt });
    return end;
  } catch (error) {
    parts.observe({ ...nothingUsed(plan, toProblem(error).status), endpoint, asked, startedAt });
    throw error;
  }
}

function nothingUsed(plan: CallPlan, status: number): CallEnd {
  return { status, model: plan.model, inputTokens: 0, outputTokens: 0 };
}

async function run(plan: CallPlan, parts: CallParts, reply: FastifyReply): Promise<CallEnd> {
  const left = new AbortController();
  const onClose = () => {
    if (!reply.raw.writableFinished) left.abort(new ClientLeft());
  };
  reply.raw.once('close', onClose);
  parts.running.add(left);
  if (reply.raw.destroyed) onClose();
  let last: Attempt | undefined;
  const tried = (attempt: Attempt) => {
    last = attempt;
  };
  try {
    const attempt = await parts.upstream.askInTurn(
      plan.targets,
      (target) => attemptOnce(plan, parts, target, reply, left.signal, tried),
      { model: plan.model, signal: left.signal, untouched: () => !plan.once && !reply.raw.headersSent },
    );
    if (attempt.refusal) return await refuse(plan, attempt, attempt.refusal, reply);
    return await succeed(plan, attempt);
  } catch (error) {
    if (left.signal.reason instanceof ClientLeft) return await leave(plan, last);
    if (left.signal.aborted) return await fail(plan, last, left.signal.reason);
    return await fail(plan, last, error);
  } finally {
    parts.progress.forget(plan.ticket.id);
    parts.running.remove(left);
    reply.raw.off('close', onClose);
  }
}

function attemptOnce(
  plan: CallPlan,
  parts: CallParts,
  target: Target,
  reply: FastifyReply,
  signal: AbortSignal,
  tried: (attempt: Attempt) => void,
): Promise<Attempt> {
  return new Promise((resolve, reject) => {
    const reader = plan.reader(target);
    let call: ProviderCall | undefined;
    const relay = new AnswerRelay({
      reply,
      reader,
      startedAt: performance.now(),
      headers: plan.headers,
      keepsCopy: plan.keepsCopy,
      pause: () => call?.pause(),
      resume: () => call?.resume(),
      onBegun: () => parts.progress.begin(plan.ticket.id, runningAnswer(plan, attempt)),
    });
    const attempt: Attempt = {
      target,
      relay,
      reader,
      get sent() {
        return call?.sent ?? false;
      },
    };
    tried(attempt);
    if (signal.aborted) return reject(signal.reason);
    const { limits } = target.transport;
    call = new ProviderCall({
      // An answer in one piece begins when it is whole: it may take longer than the first word of a stream.
      limits: plan.streams ? limits : { ...limits, firstByteMs: Math.min(limits.wholeMs, limits.firstByteMs * 10) },
      signal,
      sink: relay,
      reject,
      resolve: (refusal) => {
        try {
          if (refusal) throwUnlessAboutRequest(refusal, target);
          else relay.finish();
          if (refusal) attempt.refusal = refusal;
          resolve(attempt);
        } catch (error) {
          reject(error);
        }
      },
    });
    target.transport.send(plan.request(target), call);
  });
}

/** What the provider says about the request itself is handed on; all else is a failure of the provider. */
export function throwUnlessAboutRequest({ status, headers, body }: Refusal, target: Target): void {
  const isJson = String(headers['content-type']).includes('json');
  const aboutRequest = status >= 400 && status < 500 && ![401, 403, 408, 409, 425, 429].includes(status);
  if (aboutRequest && (status !== 404 || isJson)) return;
  throw failureOfStatus(status, headers, body.toString('utf8'), target.transport.secrets);
}

async function refuse(plan: CallPlan, attempt: Attempt, refusal: Refusal, reply: FastifyReply): Promise<CallEnd> {
  await plan.ticket.refund(refusal.status);
  handOnRefusal(reply, refusal, attempt.target.transport.secrets, plan.headers);
  return nothingUsed(plan, refusal.status);
}

async function succeed(plan: CallPlan, attempt: Attempt): Promise<CallEnd> {
  const { relay, reader, target } = attempt;
  const settlement = settlementOf(plan, attempt, await usageOf(plan, reader));
  const { contentType, status } = relay;
  const kept = plan.keepsCopy ? { contentType, answer: relay.copy().toString('base64') } : null;
  await plan.onWhole?.(kept ?? { contentType, answer: '' }, reader, target);
  const estimated = settlement.estimated && target.kind !== 'demo';
  // An answer without a word is paid for, but it takes no unit.
  await plan.ticket.settle({ ...settlement, estimated, returnsUnit: !reader.begun }, status, kept);
  relay.end();
  return endOf(settlement, status);
}

function endOf({ model, promptTokens, completionTokens }: ReturnType<typeof settlementOf>, status: number): CallEnd {
  return { status, model, inputTokens: promptTokens, outputTokens: completionTokens };
}

/** What came before the answer broke counts; the rest of it is estimated. */
async function settleEstimated(plan: CallPlan, attempt: Attempt, status: number): Promise<CallEnd> {
  const settlement = settlementOf(plan, attempt, await usageOf(plan, attempt.reader));
  await plan.ticket.settle(settlement, status);
  return endOf(settlement, status);
}

/** nginx's number for a client that closed its request. */
export const CLIENT_LEFT = 499;

async function leave(plan: CallPlan, last: Attempt | undefined): Promise<CallEnd> {
  // A stream says at once that it was taken; an answer in one piece never does before it is whole.
  const taken = last && (last.relay.accepted || last.reader.begun || (!plan.streams && last.sent));
  if (taken) return settleEstimated(plan, last, CLIENT_LEFT);
  await plan.ticket.refund(CLIENT_LEFT);
  return nothingUsed(plan, CLIENT_LEFT);
}

async function fail(plan: CallPlan, last: Attempt | undefined, error: unknown): Promise<CallEnd> {
  const problem = toProblem(error);
  if (last?.relay.touched) {
    const end = last.reader.begun
      ? await settleEstimated(plan, last, problem.status)
      : await plan.ticket.refund(problem.status).then(() => nothingUsed(plan, problem.status));
    last.relay.breakOff(problem);
    return end;
  }
  await plan.ticket.refund(problem.status);
  throw problem instanceof Problem ? problem : error;
}
