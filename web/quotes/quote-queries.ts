import { infiniteQueryOptions, queryOptions, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import type { Quote, quotePage, QuoteStatus, similarQuotes } from '#contracts/quotes.ts';
import { call, send } from '../lib/api-client.ts';

type QuotePage = z.infer<typeof quotePage>;

export const quoteKeys = {
  all: ['quotes'],
  lists: ['quotes', 'list'],
  similar: ['quotes', 'similar'],
} as const;

export interface BoardFilter {
  status?: QuoteStatus;
  sort: 'votes' | 'new';
  /** Only the person's own, or only those they have voted for. */
  mine?: boolean;
  voted?: boolean;
  q: string;
}

const PER_PAGE = 20;

/** The quotes of a filter, a page at a time. */
export function quotesQuery({ status, sort, mine, voted, q }: BoardFilter) {
  return infiniteQueryOptions({
    queryKey: [...quoteKeys.lists, { status, sort, mine, voted, q }],
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ sort, page: String(pageParam), per_page: String(PER_PAGE) });
      if (status) query.set('status', status);
      if (mine) query.set('mine', 'true');
      if (voted) query.set('voted', 'true');
      if (q) query.set('q', q);
      return call<QuotePage>(`/quote?${query}`, { signal });
    },
    getNextPageParam: ({ page, per_page, count }) => (page * per_page < count ? page + 1 : undefined),
    // A quote that moves up while paging would be shown twice.
    select: ({ pages }) => [...new Map(pages.flatMap(({ results }) => results).map((row) => [row.id, row])).values()],
  });
}

/** Quotes that say nearly the same as `content`, the nearest first. */
export function similarQuery(content: string) {
  return queryOptions({
    queryKey: [...quoteKeys.similar, content],
    queryFn: ({ signal }) =>
      call<z.infer<typeof similarQuotes>>(`/quote/similar?${new URLSearchParams({ content })}`, { signal }),
    enabled: content.length > 1,
  });
}

export interface QuoteForm {
  content: string;
  speaker: string | null;
  episode: string | null;
  situation: string | null;
}

export function requestQuote(form: QuoteForm): Promise<Quote> {
  return call<Quote>('/quote', { method: 'POST', body: form });
}

export function changeQuote(
  id: number,
  change: Partial<QuoteForm> & { status?: QuoteStatus; reply?: string },
): Promise<Quote> {
  return call<Quote>(`/quote/${id}`, { method: 'PUT', body: change });
}

export async function deleteQuote(id: number): Promise<void> {
  await send(`/quote/${id}`, { method: 'DELETE' });
}

export function mergeQuote(id: number, into: number): Promise<Quote> {
  return call<Quote>(`/quote/${id}/merge`, { method: 'POST', body: { into } });
}

/** Votes or takes the vote back: at once on the page, and undone there where the server refuses. */
export async function vote(queries: QueryClient, quote: Quote, voted: boolean): Promise<void> {
  showVote(queries, quote.id, voted);
  try {
    await send(`/quote/${quote.id}/vote`, { method: voted ? 'PUT' : 'DELETE' });
  } catch (error) {
    showVote(queries, quote.id, !voted);
    throw error;
  }
}

function showVote(queries: QueryClient, id: number, voted: boolean): void {
  const change = (row: Quote): Quote =>
    row.id === id && row.voted !== voted ? { ...row, voted, votes: row.votes + (voted ? 1 : -1) } : row;
  queries.setQueriesData<InfiniteData<QuotePage>>(
    { queryKey: quoteKeys.lists },
    (data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, results: page.results.map(change) })) },
  );
  queries.setQueriesData<{ results: Quote[] }>(
    { queryKey: quoteKeys.similar },
    (data) => data && { ...data, results: data.results.map(change) },
  );
}
