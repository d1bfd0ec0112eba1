import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { AccountLayout, linkClass } from './account-layout.tsx';
import { loginOptionsQuery } from './account-queries.ts';
import { useLeaveWhenLoggedIn } from './leave-when-logged-in.ts';
import { LoginForm } from './login-form.tsx';
import { useNext } from './next-page.ts';
import { ProviderButtons } from './providers.tsx';

const LoginNews = lazyPart(() => import('./login-news.tsx'), 'LoginNews');

export function LoginPage() {
  const { t } = useWords();
  const { data: options } = useQuery(loginOptionsQuery);
  const { next, search } = useNext();
  const { error } = useSearch({ strict: false });
  useLeaveWhenLoggedIn(next);
  const heading = usePageTitle(t('auth.logIn'), { focus: isTouchPrimary() });
  return (
    <AccountLayout title={t('auth.logIn')} heading={heading} note={next === '/' ? t('auth.why') : t('auth.need')}>
      {(error || next.includes('verified=true')) && (
        <Suspense fallback={<div className="mb-6 h-11" />}>
          <LoginNews error={error} />
        </Suspense>
      )}
      <ProviderButtons options={options} next={next} />
      <LoginForm onDone={() => {}} />
      {options?.password_reset && (
        <p className="mt-6">
          <Link to="/accounts/password/forgot" className={linkClass}>
            {t('auth.forgot')}
          </Link>
        </p>
      )}
      <p className="mt-6 text-soft">
        {t('auth.noAccount')}{' '}
        <Link to="/accounts/join" search={search} className={linkClass}>
          {t('auth.join')}
        </Link>
      </p>
      <p className="mt-2">
        <Link to="/sessions" className={linkClass}>
          {t('auth.browse')}
        </Link>
      </p>
    </AccountLayout>
  );
}
