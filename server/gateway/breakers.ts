import { Problem } from '../errors.ts';
import type { Target } from './targets.ts';

const FAILURES = 5;
const OPEN_MS = 30_000;

interface Breaker {
  failures: number;
  openUntil: number;
}

/**
 * One circuit breaker for each provider and model. After five failed requests in a row, however many tries each
 * had, the provider is left alone for half a minute; then one request in each half minute may show that it is back.
 */
export interface Breakers {
  /** The targets that may be asked now. Throws `provider_busy` where all of them are left alone. */
  admit(targets: Target[], model: string): Target[];
  succeeded(target: Target, model: string): void;
  failed(target: Target, model: string): void;
}

export function createBreakers(now: () => number = () => performance.now()): Breakers {
  const breakers = new Map<string, Breaker>();
  const keyOf = (target: Target, model: string) => `${target.name} ${model}`;
  const admits = (target: Target, model: string) => {
    const breaker = breakers.get(keyOf(target, model));
    if (breaker === undefined || breaker.failures < FAILURES) return true;
    if (now() < breaker.openUntil) return false;
    // This request tries; whatever becomes of it, the next one may only in a while.
    breaker.openUntil = now() + OPEN_MS;
    return true;
  };
  return {
    admit: (targets, model) => {
      const admitted = targets.filter((target) => admits(target, model));
      if (admitted.length > 0) return admitted;
      const soonest = Math.min(...targets.map((target) => breakers.get(keyOf(target, model))!.openUntil));
      throw new Problem(
        'provider_busy',
        'The model provider has failed again and again; it is left alone for a while.',
        {
          retryAfterS: Math.max(1, Math.ceil((soonest - now()) / 1_000)),
        },
      );
    },
    succeeded: (target, model) => {
      breakers.delete(keyOf(target, model));
    },
    failed: (target, model) => {
      const key = keyOf(target, model);
      const failures = (breakers.get(key)?.failures ?? 0) + 1;
      breakers.set(key, { failures, openUntil: now() + OPEN_MS });
    },
  };
}
