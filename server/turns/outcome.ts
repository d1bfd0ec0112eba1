import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '#contracts/errors.ts';
import { Problem } from '../errors.ts';
import { toProblem } from '../http/problems.ts';
import { countUsage } from '../upstream/count-tokens.ts';
import { estimateUsage } from '../upstream/estimate-tokens.ts';
import type { Usage } from '../upstream/upstream.ts';
import type { Ended, GenerationParts, GenerationPlan, Outcome, StopReason } from './generation.ts';
import { finishGeneration, type FinishArgs } from './generation.store.ts';
import type { SavedReply } from './progress.ts';

/** A generation that is over, with what came of it. */
export interface Finished extends Ended {
  text: string;
  stopReason: StopReason | undefined;
}

type Draft = Omit<Outcome, 'replyId' | 'repliedAt' | 'finishedAt'> & { refunds: boolean };

const nothingUsed: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };

/** Decides the state that the generation ends in. */
async function conclude({ request, result, priceList, error, text, stopReason }: Finished): Promise<Draft> {
  const model = result?.model ?? request?.model ?? '';
  const sources = { priceList, leftOut: request?.leftOut ?? 0, citations: request?.citations ?? null };
  if (result && text !== '') {
    const { finishReason, usage } = result;
    return { state: 'done', text, model, finishReason, usage, problem: null, ...sources, refunds: false };
  }
  const refunds = text === '' && !(stopReason === 'stopped' && priceList !== undefined);
  // A server that has to be gone in time does not wait for the tokenizer.
  const count = stopReason === 'shutdown' ? estimateUsage : countUsage;
  const usage = refunds || !request ? nothingUsed : await count(request.messages, text);
  if (stopReason === 'stopped' && !result) {
    return { state: 'stopped', text, model, finishReason: 'stopped', usage, problem: null, ...sources, refunds };
  }
  const problem = result ? new Problem('provider_error', 'The model gave an empty answer.') : toProblem(error);
  return {
    state: text === '' ? 'failed' : 'interrupted',
    text,
    model,
    finishReason: null,
    usage,
    problem,
    ...sources,
    refunds,
  };
}

/** The request was refused for what it says. */
const REFUSALS = new Set<ErrorCode>(['provider_refused', 'model_not_allowed']);

function finishArgs(plan: GenerationPlan, draft: Draft, saved: SavedReply | null, now: number): FinishArgs {
  const { problem, ...rest } = draft;
  const document = problem && { ...problem.toDocument(`/chat/${plan.promptId}`), retry_after_s: problem.retryAfterS };
  return {
    generationId: plan.id,
    promptId: plan.promptId,
    sessionId: plan.sessionId,
    userId: plan.userId,
    reservationId: plan.reservation.id,
    replyId: saved?.id ?? null,
    ...rest,
    regenerates: plan.regenerates,
    names: plan.names,
    forgets: plan.forgetsRefused && draft.text === '' && problem !== null && REFUSALS.has(problem.code),
    error: document && JSON.stringify(document),
    now,
  };
}

/** Tries so often to store an end that the database refuses, before it stores that there was a failure. */
const TRIES = 5;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Stores the end of a generation. It keeps trying while the database is away or its disk full, for the answer
 * is here and nowhere else; what the database will not take in any case ends as a failure of ours.
 */
export async function storeOutcome(
  plan: GenerationPlan,
  parts: GenerationParts,
  finished: Finished,
  saved: SavedReply | null,
): Promise<Outcome> {
  const now = parts.clock();
  const times = { repliedAt: saved?.createdAt ?? now, finishedAt: now };
  let draft = await conclude(finished);
  if (draft.problem?.code === 'internal') {
    parts.logger.error({ err: draft.problem.cause, generation: plan.id }, 'a generation failed');
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      const replyId = await parts.database.write(finishGeneration, finishArgs(plan, draft, saved, now));
      const { refunds: _stored, ...outcome } = draft;
      return { ...outcome, ...times, replyId };
    } catch (error) {
      parts.logger.error({ err: error, generation: plan.id }, 'the end of an answer could not be stored');
      const mayPass = error instanceof Problem && error.code !== 'conflict';
      if (!mayPass && attempt === TRIES) draft = failureOf(draft, error);
      if (!mayPass && attempt > TRIES) {
        const { refunds: _lost, ...outcome } = draft;
        return { ...outcome, ...times, replyId: null };
      }
    }
    await sleep(Math.min(100 * 2 ** attempt, LONGEST_PAUSE_MS));
  }
}

function failureOf(draft: Draft, cause: unknown): Draft {
  const problem = new Problem('internal', undefined, { cause });
  return { ...draft, state: 'failed', text: '', finishReason: null, usage: nothingUsed, problem, refunds: true };
}
