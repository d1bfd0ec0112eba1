import { queryOptions, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import type { logins, security } from '#contracts/accounts.ts';
import { call } from '../lib/api-client.ts';

export type Security = z.infer<typeof security>;

export const securityQuery = queryOptions({
  queryKey: ['security'],
  queryFn: ({ signal }) => call<Security>('/accounts/security', { signal }),
});

export const loginsQuery = queryOptions({
  queryKey: ['logins'],
  queryFn: ({ signal }) => call<z.infer<typeof logins>>('/accounts/logins', { signal }),
});

/** Asks anew for the ways to log in to this account. */
export function useRefreshSecurity(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([securityQuery, loginsQuery].map(({ queryKey }) => queries.invalidateQueries({ queryKey })));
  };
}
