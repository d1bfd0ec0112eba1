/**
 * A generation: one answer of a model, from its reservation to its stored end. It is a thing of its own, not
 * a part of a request: routes start it, follow its log, or stop it, and a reader that leaves changes nothing.
 *
 *                    ┌── clean end, with text ──────────────▶ done         settled
 *                    ├── its user stops it ─────────────────▶ stopped      settled once the provider took it
 *   reserved ─▶ streaming ── failure, no text ──────────────▶ failed       refunded
 *                    ├── failure or shutdown, with text ────▶ interrupted  settled
 *                    └── crash ── (recovery.ts, next start) ▶ failed | interrupted
 *
 * What has come is saved every second or kilobyte; the end is stored before the log closes, so whoever sees
 * the end of a stream finds it in the store.
 */
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { toProblem } from '../http/problems.ts';
import type { Reservation } from '../spend/reservation.ts';
import { createStreamLog, type StreamLog } from '../streams/stream-log.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import { estimateUsage } from '../upstream/estimate-tokens.ts';
import type { ChatRequest, ChatResult, Usage } from '../upstream/upstream.ts';
import { finishGeneration, saveProgress, type FinishArgs } from './generation.store.ts';

export interface GenerationPlan {
  id: string;
  promptId: number;
  sessionId: number;
  userId: number;
  reservation: Reservation;
  /** What to ask; built after the turn is stored, so a failure to build it ends the generation like any other. */
  request: () => Promise<ChatRequest>;
}

/** How a generation ended, as it is stored. */
export interface Outcome {
  state: FinishArgs['state'];
  text: string;
  replyId: number | null;
  model: string;
  finishReason: ChatResult['finishReason'] | 'stopped' | null;
  usage: Usage;
  problem: Problem | null;
  finishedAt: number;
}

export interface Generation {
  readonly plan: GenerationPlan;
  readonly log: StreamLog;
  /** Resolves when the end is stored; never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Ends it at the provider. `stopped`: by its user; `shutdown`: by the server. */
  stop(why: StopReason): void;
}

export type StopReason = 'stopped' | 'shutdown';

export interface GenerationParts {
  database: Database;
  upstream: Pick<Upstream, 'complete'>;
  clock: () => number;
  logger: FastifyBaseLogger;
}

const SAVE_EVERY_MS = 1_000;
const SAVE_EVERY_UNITS = 1_024;

/** Starts asking the model; the turn and its reservation are stored already. */
export function startGeneration(plan: GenerationPlan, parts: GenerationParts): Generation {
  const log = createStreamLog();
  const abort = new AbortController();
  let stopReason: StopReason | undefined;
  const progress = trackProgress(plan, parts, log);
  const attempt = ask(plan, parts, log, progress, abort.signal);
  const outcome = attempt.then(async (ended) => {
    const draft = await conclude(ended, log.text, stopReason);
    const stored = await store(plan, parts, draft, await progress.finish());
    log.close();
    return stored;
  });
  return {
    plan,
    log,
    outcome,
    stop: (why) => {
      stopReason ??= why;
      abort.abort(new Problem('shutting_down'));
    },
  };
}

interface Ended {
  request: ChatRequest | undefined;
  /** The provider took the request. */
  accepted: boolean;
  result?: ChatResult;
  error?: unknown;
}

async function ask(
  plan: GenerationPlan,
  parts: GenerationParts,
  log: StreamLog,
  progress: Progress,
  signal: AbortSignal,
): Promise<Ended> {
  const ended: Ended = { request: undefined, accepted: false };
  try {
    ended.request = await plan.request();
    progress.model = ended.request.model;
    const sink = {
      onAccepted: () => {
        ended.accepted = true;
      },
      onText: (text: string) => {
        log.append(text);
        progress.grow(text.length);
      },
    };
    ended.result = await parts.upstream.complete(plan.reservation, ended.request, sink, signal);
  } catch (error) {
    ended.error = error;
  }
  return ended;
}

interface Progress {
  model: string;
  grow(units: number): void;
  /** Waits for what is being saved; gives the id of the reply it went to. */
  finish(): Promise<number | null>;
}

/** Saves the text while it grows: after a second or a kilobyte, one save at a time. */
function trackProgress(plan: GenerationPlan, parts: GenerationParts, log: StreamLog): Progress {
  let replyId: number | null = null;
  let unsaved = 0;
  let saving: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function save(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    unsaved = 0;
    const { id: generationId, promptId, sessionId, userId } = plan;
    const now = parts.clock();
    const args = { generationId, promptId, sessionId, userId, replyId, text: log.text, model: progress.model, now };
    try {
      replyId = await parts.database.write(saveProgress, args);
    } catch (error) {
      // The end is stored with the whole text; a save in between may fail.
      parts.logger.warn({ err: error, generation: plan.id }, 'an answer could not be saved in between');
    }
    saving = undefined;
    if (unsaved > 0) schedule();
  }

  function schedule(): void {
    if (saving) return;
    if (unsaved >= SAVE_EVERY_UNITS) saving = save();
    else timer ??= setTimeout(() => (saving ??= save()), SAVE_EVERY_MS);
  }

  const progress: Progress = {
    model: '',
    grow: (units) => {
      unsaved += units;
      schedule();
    },
    finish: async () => {
      await saving;
      clearTimeout(timer);
      return replyId;
    },
  };
  return progress;
}

type Draft = Omit<Outcome, 'replyId' | 'finishedAt'> & { refunds: boolean };

const nothingUsed: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };

/** Decides the state that the generation ends in. */
async function conclude(ended: Ended, text: string, stopReason: StopReason | undefined): Promise<Draft> {
  const { request, result, accepted } = ended;
  const model = result?.model ?? request?.model ?? '';
  if (result && text !== '') {
    return {
      state: 'done',
      text,
      model,
      finishReason: result.finishReason,
      usage: result.usage,
      problem: null,
      refunds: false,
    };
  }
  const refunds = text === '' && !(stopReason === 'stopped' && accepted);
  const usage = refunds || !request ? nothingUsed : await estimateUsage(request.messages, text);
  if (stopReason === 'stopped' && !result) {
    return { state: 'stopped', text, model, finishReason: 'stopped', usage, problem: null, refunds };
  }
  const problem = result ? new Problem('provider_error', 'The model gave an empty answer.') : toProblem(ended.error);
  return { state: text === '' ? 'failed' : 'interrupted', text, model, finishReason: null, usage, problem, refunds };
}

/** Stores the end, and keeps trying while the database is away: the answer is here and nowhere else. */
async function store(
  plan: GenerationPlan,
  parts: GenerationParts,
  draft: Draft,
  savedTo: number | null,
): Promise<Outcome> {
  const { refunds, problem, ...rest } = draft;
  const now = parts.clock();
  const args: FinishArgs = {
    generationId: plan.id,
    promptId: plan.promptId,
    sessionId: plan.sessionId,
    userId: plan.userId,
    reservationId: plan.reservation.id,
    replyId: savedTo,
    ...rest,
    refunds,
    error: problem
      ? JSON.stringify({ ...problem.toDocument(`/chat/${plan.promptId}`), retry_after_s: problem.retryAfterS })
      : null,
    now,
  };
  if (problem?.code === 'internal')
    parts.logger.error({ err: problem.cause, generation: plan.id }, 'a generation failed');
  for (let wait = 100; ; wait = Math.min(wait * 2, 5_000)) {
    try {
      return { ...rest, problem, replyId: await parts.database.write(finishGeneration, args), finishedAt: now };
    } catch (error) {
      parts.logger.error({ err: error, generation: plan.id }, 'the end of an answer could not be stored');
      if (!(error instanceof Problem)) return { ...rest, problem, replyId: savedTo, finishedAt: now };
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
