import { infiniteQueryOptions, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import type { ApiKey, apiKeyPage, KeyBody, newApiKey } from '#contracts/keys.ts';
import { call, send } from '../lib/api-client.ts';

export type NewKey = z.infer<typeof newApiKey>;

export const keysQuery = infiniteQueryOptions({
  queryKey: ['keys'],
  initialPageParam: 1,
  queryFn: ({ pageParam, signal }) =>
    call<z.infer<typeof apiKeyPage>>(`/keys?page=${pageParam}&per_page=50`, { signal }),
  getNextPageParam: ({ page, per_page, count }) => (page * per_page < count ? page + 1 : undefined),
  select: ({ pages }) => pages.flatMap(({ results }) => results),
});

export const createKey = (body: KeyBody) => call<NewKey>('/keys', { method: 'POST', body });
export const changeKey = (id: number, body: KeyBody) => call<ApiKey>(`/keys/${id}`, { method: 'PUT', body });
export const revokeKey = (id: number) => send(`/keys/${id}`, { method: 'DELETE' });

export function useRefreshKeys(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keysQuery.queryKey });
}
