import type { Target } from './targets.ts';

const FAILURES = 5;
const OPEN_MS = 30_000;

interface Breaker {
  failures: number;
  openUntil: number;
}

/**
 * One circuit breaker for each provider and model: after five failed requests in a row (however many tries
 * each had) the provider comes last for half a minute; then one request may show that it is back.
 */
export interface Breakers {
  /** The targets to try, those that work first. With nowhere else to go, a broken one is asked all the same. */
  order(targets: Target[], model: string): Target[];
  succeeded(target: Target, model: string): void;
  failed(target: Target, model: string): void;
  isOpen(target: Target, model: string): boolean;
}

export function createBreakers(now: () => number = () => performance.now()): Breakers {
  const breakers = new Map<string, Breaker>();
  const keyOf = (target: Target, model: string) => `${target.name} ${model}`;
  const isOpen = (target: Target, model: string) => {
    const breaker = breakers.get(keyOf(target, model));
    return breaker !== undefined && breaker.failures >= FAILURES && now() < breaker.openUntil;
  };
  return {
    isOpen,
    order: (targets, model) => {
      const closed = targets.filter((target) => !isOpen(target, model));
      return closed.length > 0 ? closed : targets;
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
