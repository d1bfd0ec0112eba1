import { useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { drafts } from '../lib/drafts.ts';
import { useProfile } from './account-queries.ts';
import { useLoginLost } from './login-lost.ts';

/** Leads to the login page and, after it, back to exactly this place. What was typed is kept. */
export function useGoToLogin(): () => void {
  const navigate = useNavigate();
  const router = useRouter();
  return () => {
    drafts.flush();
    const { pathname, searchStr, hash } = router.state.location;
    const next = `${pathname}${searchStr}${hash ? `#${hash}` : ''}`;
    void navigate({ to: '/accounts/login', search: next === '/' ? {} : { next } });
  };
}

/**
 * For a page that shows nothing to guests. A login that ends while the page is open is asked for in place,
 * and only who declines that is led away. Returns true while there is nobody to show the page to.
 */
export function useNeedsLogin(needed = true): boolean {
  const goToLogin = useGoToLogin();
  const guest = useProfile() === null;
  const asking = useLoginLost();
  const leaves = needed && guest && !asking;
  useEffect(() => {
    if (leaves) goToLogin();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once it is known that nobody is logged in
  }, [leaves]);
  return needed && guest;
}
