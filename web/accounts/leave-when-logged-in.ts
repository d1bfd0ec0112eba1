import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useProfile } from './account-queries.ts';

/** Who is logged in, or has just become so, has no business here; "back" does not lead here again. */
export function useLeaveWhenLoggedIn(next: string): void {
  const router = useRouter();
  const profile = useProfile();
  useEffect(() => {
    if (profile) void router.navigate({ href: next, replace: true });
  }, [profile, next, router]);
}
