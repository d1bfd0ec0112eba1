import { Outlet } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useLoginLost } from '../accounts/login-lost.ts';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { Toaster } from '../ui/toaster.tsx';
import { OfflineBanner } from './offline-banner.tsx';

const LoginAgain = lazyPart(() => import('../accounts/login-again.tsx'), 'LoginAgain');

/** What every page has: the link past the navigation, and what floats above. */
export function Root() {
  const { t } = useWords();
  const loginLost = useLoginLost();
  return (
    <>
      <a
        href="#main"
        onClick={(event) => {
          // The hash of the URL may be part of where login leads.
          event.preventDefault();
          document.querySelector<HTMLElement>('main')?.focus();
        }}
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-ink px-4 py-2.5 font-medium text-ground focus:translate-y-0"
      >
        {t('nav.skip')}
      </a>
      <OfflineBanner />
      <Outlet />
      <Toaster />
      {loginLost && (
        <Suspense>
          <LoginAgain />
        </Suspense>
      )}
    </>
  );
}
