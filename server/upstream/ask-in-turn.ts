import { setTimeout as sleep } from 'node:timers/promises';
import type { Breakers } from './breakers.ts';
import type { Candidate } from './candidates.ts';
import { ProviderFailure } from './provider-failure.ts';

export interface RetryOptions {
  /** Tries after the first one, where there are no more candidates than that. */
  retries?: number;
  /** Bounds of the jittered pause, in milliseconds. */
  minMs?: number;
  maxMs?: number;
  /** A provider that wants more seconds than this is not asked again here. */
  maxRetryAfterS?: number;
  random?: () => number;
}

export interface Turns {
  model: string;
  signal: AbortSignal;
  /** Nothing of an answer was passed on yet: only then another try may follow. */
  untouched: () => boolean;
  /** Where every candidate is left alone for its failures, the best is asked all the same: its own word is wanted. */
  insists?: boolean;
}

/**
 * Asks the candidates one after the other until one answers, and the best one again where there is no other. This
 * is the one place that chooses a provider. Throws the last failure, or `signal.reason`.
 */
export async function askInTurn<C extends Pick<Candidate, 'name'>, T>(
  breakers: Breakers,
  candidates: C[],
  attempt: (candidate: C) => Promise<T>,
  { model, signal, untouched, insists = false }: Turns,
  options: RetryOptions = {},
): Promise<T> {
  const { retries = 2, minMs = 200, maxMs = 800, maxRetryAfterS = 2, random = Math.random } = options;
  const admitted = breakers.admit(candidates, model, insists);
  // A request counts once against each provider that has failed it, however many tries it had.
  const failed = new Set<C>();
  const note = (answering?: C) => {
    if (answering) failed.delete(answering);
    for (const one of failed) breakers.failed(one, model);
    if (answering) breakers.succeeded(answering, model);
  };
  for (let turn = 0; ; turn += 1) {
    const candidate = admitted[turn % admitted.length]!;
    try {
      const answer = await attempt(candidate);
      note(candidate);
      return answer;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof ProviderFailure)) throw error;
      // What is wrong with the request is no failure of the provider.
      const isAnswer = error.code === 'provider_refused';
      if (!isAnswer) failed.add(candidate);
      const other = turn < admitted.length - 1;
      const wantedS = error.askedToWaitS ?? 0;
      const again = other || (error.retryable && wantedS <= maxRetryAfterS && turn < retries);
      if (isAnswer || !again || !untouched()) {
        note(isAnswer ? candidate : undefined);
        throw error;
      }
      if (!other) await pause(Math.max(wantedS * 1000, minMs + random() * (maxMs - minMs)), signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
