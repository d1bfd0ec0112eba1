import { useQuery } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { AccountLayout } from './account-layout.tsx';
import { loginOptionsQuery, useProfile } from './account-queries.ts';
import { LoginForm } from './login-form.tsx';
import { useNext } from './next-page.ts';
import { ProviderButtons } from './providers.tsx';

export function LoginPage() {
  const { t } = useWords();
  const { data: options } = useQuery(loginOptionsQuery);
  const { next, search } = useNext();
  useLeaveWhenLoggedIn(next);
  const heading = usePageTitle(t('auth.logIn'), { focus: isTouchPrimary() });
  return (
    <AccountLayout title={t('auth.logIn')} heading={heading} note={next === '/' ? t('auth.why') : t('auth.need')}>
      <ProviderButtons offered={options?.providers ?? []} next={next} />
      <LoginForm onDone={() => {}} />
      <p className="mt-6 text-soft">
        {t('auth.noAccount')}{' '}
        <Link
          to="/accounts/join"
          search={search}
          className="inline-flex min-h-6 items-center font-medium text-ink underline underline-offset-4"
        >
          {t('auth.join')}
        </Link>
      </p>
    </AccountLayout>
  );
}

/** Who is logged in, or has just become so, has no business here; "back" does not lead here again. */
export function useLeaveWhenLoggedIn(next: string): void {
  const router = useRouter();
  const profile = useProfile();
  useEffect(() => {
    if (profile) router.history.replace(next);
  }, [profile, next, router]);
}
