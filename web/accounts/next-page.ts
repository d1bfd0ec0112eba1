import { useSearch } from '@tanstack/react-router';
import { safeNext } from '#contracts/pages.ts';

/** Where login leads. `search`: the same, for links between login and joining. */
export function useNext(): { next: string; search: { next?: string } } {
  const { next: wanted } = useSearch({ strict: false });
  // A server never sees what stands behind `#`: a redirect leaves that part on the login page's own URL.
  const next = safeNext(wanted && !wanted.includes('#') ? wanted + location.hash : wanted);
  return { next, search: next === '/' ? {} : { next } };
}
