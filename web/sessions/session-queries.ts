import { infiniteQueryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { call, send } from '../lib/api-client.ts';
import type { sessionPage, SessionRow } from '#contracts/sessions.ts';

export const sessionKeys = {
  all: ['sessions'],
  mine: (search: string) => ['sessions', 'mine', search],
} as const;

type SessionPage = z.infer<typeof sessionPage>;

const PER_PAGE = 30;

/** The person's own conversations, the latest first, a page at a time. */
export function mySessionsQuery(search: string) {
  return infiniteQueryOptions({
    queryKey: sessionKeys.mine(search),
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ mine: 'true', page: String(pageParam), per_page: String(PER_PAGE) });
      if (search) query.set('q', search);
      return call<SessionPage>(`/sessions?${query}`, { signal });
    },
    getNextPageParam: ({ page, per_page, count }) => (page * per_page < count ? page + 1 : undefined),
    // A conversation that moves up while paging would be shown twice.
    select: ({ pages }) => ({
      count: pages[0]?.count ?? 0,
      rows: [...new Map(pages.flatMap(({ results }) => results).map((row) => [row.id, row])).values()],
    }),
  });
}

export function renameSession(id: number, title: string): Promise<SessionRow> {
  return call<SessionRow>(`/sessions/${id}`, { method: 'PATCH', body: { title } });
}

/** `keepalive`: also while the page is being left. */
export async function deleteSession(id: number, keepalive = false): Promise<void> {
  await send(`/sessions/${id}`, { method: 'DELETE', keepalive });
}
