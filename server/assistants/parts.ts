import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { Problem } from '../errors.ts';
import type { Visitor } from '../http/visitor.ts';
import type { Quota, Reservation, SpendLimits } from '../spend/reservation.ts';
import type { TokenRoom } from '../spend/key-limits.store.ts';

/** A call that this server makes for itself, on behalf of a run or of a file. */
export interface OwnCall {
  endpoint: 'chat/completions' | 'embeddings';
  model: string;
  body: object;
  signal: AbortSignal;
  /** Gets every event of a stream as it comes, or the one body. Throws to break the call off. */
  onData: (data: Record<string, unknown>) => void;
  /** A provider has the request; another one may have it where that one brings nothing. */
  onAccepted?: (by: { priceList: string }) => void;
}

/** What the gateway lends: a feature does not import another one. */
export interface Models {
  /** The model that is asked for a name: a retired one leads to another. */
  choose(asked: string): Promise<string>;
  /** Whose prices a model may have, the likeliest first. */
  priceListsOf(endpoint: OwnCall['endpoint'], model: string): Promise<string[]>;
  /** Tokens that a model takes together with its answer, where that is known. */
  contextWindow(model: string): Promise<number | undefined>;
  /** The model that embeds; undefined where the provider has none. */
  embeddingModel(): Promise<string | undefined>;
  /** Asks with a reservation; tries again where that can help. Throws the problem it ended with. */
  ask(reservation: Reservation, call: OwnCall): Promise<void>;
  /** Notes from now on how far an answer has come, for the case that this process is killed. */
  note(
    reservation: Reservation,
    asked: { model: string; body: object; priceList: string },
    answer: { readonly said: string; readonly model: string },
  ): void;
  /** The answer has ended, or is not asked for any more. */
  forget(reservation: Reservation): void;
  /** Tokens of a request body, about. */
  estimatePrompt(body: object): number;
  /** Names of the members that hold the longest answer; the first is the one to set. */
  maxima(model: string): string[];
}

export interface AssistantParts {
  config: Pick<Config, 'JSON_DEPTH_LIMIT' | 'UPLOAD_LIMIT_BYTES' | 'GATEWAY_MAX_TOKENS'>;
  database: Database;
  clock: () => number;
  logger: FastifyBaseLogger;
  instanceId: string;
  limits: SpendLimits;
  models: Models;
  /** Runs that this process carries: a closing server waits for them, then breaks them off. */
  running: { add(abort: AbortController): void; remove(abort: AbortController): void };
  /** An error as OpenAI's clients read it. */
  showError(problem: Problem): object;
  limitHeaders(quota: Quota, room: TokenRoom | null, now: number): Record<string, string>;
}

/** Somebody with limits of money or tokens: only then anybody has to know what a call will come to. */
export function isLimited(limits: SpendLimits, key: Visitor['key']): boolean {
  return limits.monthlyBudget != null || key?.monthlyBudget != null || key?.tokensPerMinute != null;
}
