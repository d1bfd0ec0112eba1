import type { ApiProblem } from './api-client.ts';
import { sayWait } from './dates.ts';
import { currentWords, type TextKey, type Translate } from './language.ts';

const texts: Partial<Record<ApiProblem['code'], TextKey>> = {
  unreachable: 'problem.unreachable',
  unauthenticated: 'auth.need',
  invalid_credentials: 'auth.bad',
  blocked: 'problem.blocked',
  forbidden: 'problem.forbidden',
  not_found: 'problem.notFound',
  weak_password: 'auth.passwordCommon',
  email_taken: 'problem.emailTaken',
  setup_code_required: 'problem.setupCode',
  too_large: 'problem.tooLarge',
  conflict: 'problem.conflict',
  quota_exhausted: 'problem.quota',
  too_many_attempts: 'problem.tooManyAttempts',
  too_many_generations: 'problem.tooManyGenerations',
  budget_exhausted: 'problem.budget',
  provider_auth: 'problem.provider',
  provider_error: 'problem.provider',
  provider_busy: 'problem.providerBusy',
  provider_unreachable: 'problem.provider',
  provider_timeout: 'problem.providerTimeout',
  provider_refused: 'problem.providerRefused',
  shutting_down: 'problem.restarting',
  database_unavailable: 'problem.restarting',
};

/** What happened, in words for people. */
export function problemText(problem: Pick<ApiProblem, 'code' | 'retryAfterS'>, t: Translate): string {
  return t(texts[problem.code] ?? 'problem.internal', { later: waitText(problem, t) ?? t('problem.later') });
}

/** When to try again, where the server has said so. */
export function waitText({ retryAfterS }: Pick<ApiProblem, 'retryAfterS'>, t: Translate): string | undefined {
  return retryAfterS ? t('problem.after', { when: sayWait(retryAfterS, currentWords().locale) }) : undefined;
}
