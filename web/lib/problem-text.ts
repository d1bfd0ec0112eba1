import type { ApiProblem } from './api-client.ts';
import type { TextKey, Translate } from './language.ts';

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
  if (problem.code === 'too_many_attempts') return t('problem.tooManyAttempts', { seconds: problem.retryAfterS ?? 60 });
  return t(texts[problem.code] ?? 'problem.internal');
}
