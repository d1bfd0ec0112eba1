import type { ErrorCode } from '#contracts/errors.ts';
import { toProblem } from '../http/problems.ts';
import type { Advance, RunError } from './advance-run.store.ts';

/** Why a run is broken off before its answer is whole. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
  readonly why: 'cancelled' | 'expired' | 'gone';

  constructor(why: RunStopped['why']) {
    super(`the run was ${why}`);
    this.why = why;
  }
}

/** A run may not use the tokens that its next call needs. */
export class TokensUsedUp extends Error {
  override readonly name = 'TokensUsedUp';
  readonly limit: 'max_prompt_tokens' | 'max_completion_tokens';

  constructor(limit: TokensUsedUp['limit']) {
    super(`${limit} is used up`);
    this.limit = limit;
  }
}

const rateLimits = new Set<ErrorCode>([
  'provider_busy',
  'quota_exhausted',
  'budget_exhausted',
  'too_many_generations',
  'too_many_tokens',
]);
const refusals = new Set<ErrorCode>(['provider_refused', 'model_not_allowed', 'unreadable', 'invalid']);

function errorOf(error: unknown): RunError {
  const problem = toProblem(error);
  const code = rateLimits.has(problem.code)
    ? 'rate_limit_exceeded'
    : refusals.has(problem.code)
      ? 'invalid_prompt'
      : 'server_error';
  return { code, message: problem.message };
}

interface Ending {
  to: NonNullable<Advance['to']>;
  /** How the step that was under way ends. */
  step: 'cancelled' | 'expired' | 'failed';
  /** Why the message that was under way is not whole. */
  reason: 'run_cancelled' | 'run_expired' | 'run_failed' | 'max_tokens';
}

/** The end of a run whose call has thrown. */
export function endingOf(error: unknown): Ending {
  if (error instanceof TokensUsedUp) {
    return { to: { status: 'incomplete', reason: error.limit }, step: 'failed', reason: 'max_tokens' };
  }
  if (error instanceof RunStopped && error.why !== 'gone') {
    const reason = error.why === 'cancelled' ? 'run_cancelled' : 'run_expired';
    return { to: { status: error.why }, step: error.why, reason };
  }
  return { to: { status: 'failed', error: errorOf(error) }, step: 'failed', reason: 'run_failed' };
}
