import { Problem } from '../errors.ts';
import type { Candidate } from './candidates.ts';

const FAILURES = 5;
const OPEN_MS = 30_000;

interface Breaker {
  failures: number;
  openUntil: number;
}

type Named = Pick<Candidate, 'name'>;

/**
 * One circuit breaker for each provider and model. After five failed requests in a row, however many tries each
 * had, the provider is left alone for half a minute; then one request in each half minute may show that it is back.
 */
export interface Breakers {
  /** Those that may be asked now; where all are left alone: the best, if asked to insist, else `provider_busy`. */
  admit<C extends Named>(candidates: C[], model: string, insists?: boolean): C[];
  succeeded(candidate: Named, model: string): void;
  failed(candidate: Named, model: string): void;
}

export function createBreakers(now: () => number = () => performance.now()): Breakers {
  const breakers = new Map<string, Breaker>();
  const keyOf = ({ name }: Named, model: string) => `${name} ${model}`;
  const admits = (candidate: Named, model: string) => {
    const breaker = breakers.get(keyOf(candidate, model));
    if (breaker === undefined || breaker.failures < FAILURES) return true;
    if (now() < breaker.openUntil) return false;
    // This request tries; whatever becomes of it, the next one may only in a while.
    breaker.openUntil = now() + OPEN_MS;
    return true;
  };
  return {
    admit: (candidates, model, insists = false) => {
      const admitted = candidates.filter((candidate) => admits(candidate, model));
      if (admitted.length > 0) return admitted;
      if (insists) return candidates.slice(0, 1);
      const soonest = Math.min(...candidates.map((candidate) => breakers.get(keyOf(candidate, model))!.openUntil));
      throw new Problem(
        'provider_busy',
        'The model provider has failed again and again; it is left alone for a while.',
        {
          retryAfterS: Math.max(1, Math.ceil((soonest - now()) / 1_000)),
        },
      );
    },
    succeeded: (candidate, model) => {
      breakers.delete(keyOf(candidate, model));
    },
    failed: (candidate, model) => {
      const key = keyOf(candidate, model);
      const failures = (breakers.get(key)?.failures ?? 0) + 1;
      breakers.set(key, { failures, openUntil: now() + OPEN_MS });
    },
  };
}
