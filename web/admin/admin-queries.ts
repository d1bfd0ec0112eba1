import { infiniteQueryOptions, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../lib/api-client.ts';

interface ListPage<Row> {
  results: Row[];
  count: number;
  page: number;
  per_page: number;
}

const PER_PAGE = 50;

/** One of the administrators' lists, a page at a time. Filters without a value are left out. */
export function useAdminList<Row>(path: string, filters: Record<string, string> = {}) {
  return useInfiniteQuery(
    infiniteQueryOptions({
      queryKey: ['admin', path, filters],
      initialPageParam: 1,
      queryFn: ({ pageParam, signal }) => {
        const chosen = Object.entries(filters).filter(([, value]) => value !== '');
        const query = new URLSearchParams([...chosen, ['page', `${pageParam}`], ['per_page', `${PER_PAGE}`]]);
        return call<ListPage<Row>>(`${path}?${query}`, { signal });
      },
      getNextPageParam: ({ page, per_page, count }) => (page * per_page < count ? page + 1 : undefined),
      select: ({ pages }) => pages.flatMap(({ results }) => results),
    }),
  );
}

/** Asks anew for every list of the administration. */
export function useRefreshAdmin(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ['admin'] });
}
