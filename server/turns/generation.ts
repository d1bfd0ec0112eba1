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
import { aborted } from '../aborted.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import type { Reservation } from '../spend/reservation.ts';
import { createStreamLog, type StreamLog } from '../streams/stream-log.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import type { ChatRequest, ChatResult, Usage } from '../upstream/upstream.ts';
import { storeOutcome } from './outcome.ts';
import type { FinishArgs } from './generation.store.ts';
import { trackProgress, type Progress } from './progress.ts';

/** A request with what its answer's readers are told about it. */
export interface PreparedRequest extends ChatRequest {
  /** Earlier turns that did not fit into the context window. */
  leftOut: number;
  /** The quotes that the model is given, as JSON; null where the bot reads none. */
  citations: string | null;
}

export interface GenerationPlan {
  id: string;
  promptId: number;
  sessionId: number;
  userId: number;
  reservation: Reservation;
  /** What to ask; built after the turn is stored, so a failure to build it ends the generation like any other. */
  request: () => Promise<PreparedRequest>;
  /** A request that the provider refuses leaves no turn behind: its asker waits, and gets the refusal itself. */
  forgetsRefused: boolean;
  /** Another answer to a prompt that has one. */
  regenerates: boolean;
  /** Once there is an answer, its session may want a better title. */
  names: boolean;
}

/** How a generation ended, as it is stored. */
export interface Outcome {
  state: FinishArgs['state'];
  text: string;
  replyId: number | null;
  model: string;
  priceList?: string | undefined;
  finishReason: ChatResult['finishReason'] | 'stopped' | null;
  usage: Usage;
  problem: Problem | null;
  leftOut: number;
  citations: string | null;
  /** When the reply was stored for the first time. */
  repliedAt: number;
  finishedAt: number;
}

export interface Generation {
  readonly plan: GenerationPlan;
  readonly log: StreamLog;
  /** Resolves when the end is stored; never rejects. */
  readonly outcome: Promise<Outcome>;
  /** The problem with a database that was lost before the first word, before its end can be stored; undefined without one. */
  readonly lost: Promise<Problem | undefined>;
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

/** Starts asking the model; the turn and its reservation are stored already. */
export function startGeneration(plan: GenerationPlan, parts: GenerationParts): Generation {
  const log = createStreamLog();
  const abort = new AbortController();
  let stopReason: StopReason | undefined;
  const progress = trackProgress(plan, parts, log);
  const attempt = ask(plan, parts, log, progress, abort.signal);
  const outcome = attempt.then(async (ended) => {
    const saved = await progress.finish();
    const stored = await storeOutcome(plan, parts, { ...ended, text: log.text, stopReason }, saved);
    log.close();
    return stored;
  });
  const lost = attempt.then(({ error }) => (isLost(error) && log.length === 0 ? error : undefined));
  return {
    plan,
    log,
    outcome,
    lost,
    stop: (why) => {
      stopReason ??= why;
      abort.abort(new Problem('shutting_down', undefined, { retryAfterS: 5 }));
    },
  };
}

/**
 * What whoever waits is told: how it ended. Throws the problem with a lost database at once; its end, with the unit
 * back, is stored when the database is there again.
 */
export async function outcomeOf({ lost, outcome }: Generation): Promise<Outcome> {
  const problem = await lost;
  if (problem) throw problem;
  return outcome;
}

function isLost(error: unknown): error is Problem {
  return error instanceof Problem && error.code === 'database_unavailable';
}

/** How the asking went, before anything is decided about it. */
export interface Ended {
  request: PreparedRequest | undefined;
  /** Whose prices count: those of the provider that took the request; undefined where none did. */
  priceList?: string;
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
  const ended: Ended = { request: undefined };
  try {
    // What is asked before (the list of models, say) does not keep a stop waiting.
    ended.request = await Promise.race([plan.request(), aborted(signal)]);
    progress.model = ended.request.model;
    const sink = {
      onAccepted: ({ priceList }: { priceList: string }) => {
        ended.priceList = priceList;
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
