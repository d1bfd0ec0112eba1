import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderFailure } from './provider-failure.ts';

export interface RetryOptions {
  /** Tries after the first one. */
  retries?: number;
  /** Bounds of the jittered pause, in milliseconds. */
  minMs?: number;
  maxMs?: number;
  /** A provider that wants more seconds than this is not asked again here. */
  maxRetryAfterS?: number;
  random?: () => number;
}

/**
 * Runs `attempt` again after failures that another try can mend, as long as `untouched()` says that
 * nothing of an answer was passed on yet. Throws the last failure, or `signal.reason`.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  untouched: () => boolean,
  signal: AbortSignal,
  options: RetryOptions = {},
): Promise<T> {
  const { retries = 2, minMs = 200, maxMs = 800, maxRetryAfterS = 2, random = Math.random } = options;
  for (let left = retries; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 0 || !untouched() || !(error instanceof ProviderFailure) || !error.retryable) throw error;
      const wantedS = error.askedToWaitS ?? 0;
      if (wantedS > maxRetryAfterS) throw error;
      await pause(Math.max(wantedS * 1000, minMs + random() * (maxMs - minMs)), signal);
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
