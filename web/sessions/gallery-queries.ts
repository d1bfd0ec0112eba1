import { infiniteQueryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type { sessionPage } from '#contracts/sessions.ts';
import type { snapshotPage } from '#contracts/snapshots.ts';
import { call } from '../lib/api-client.ts';

/** What a card of the gallery shows. */
export interface GalleryCard {
  key: string;
  /** Of the page that it leads to. */
  path: string;
  title: string;
  excerpt: string;
  bot: string;
  /** null: anonymous. */
  author: string | null;
  mine: boolean;
  at: string;
}

export interface GalleryFilter {
  view: 'sessions' | 'pages';
  bot: string;
  q: string;
}

const PER_PAGE = 20;

export function galleryQuery(filter: GalleryFilter) {
  return infiniteQueryOptions({
    // Under the key of all sessions: what is published shows at once.
    queryKey: ['sessions', 'public', filter],
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ page: String(pageParam), per_page: String(PER_PAGE) });
      if (filter.bot) query.set('bot', filter.bot);
      if (filter.q) query.set('q', filter.q);
      return (filter.view === 'pages' ? readPages : readSessions)(query, signal);
    },
    getNextPageParam: ({ page, per_page, count }) => (page * per_page < count ? page + 1 : undefined),
    select: ({ pages }) => [...new Map(pages.flatMap(({ cards }) => cards).map((card) => [card.key, card])).values()],
  });
}

async function readSessions(query: URLSearchParams, signal: AbortSignal) {
  const { results, ...rest } = await call<z.infer<typeof sessionPage>>(`/sessions?${query}`, { signal });
  const cards = results.map(({ id, title, excerpt, bot: slug, user, mine, updated_at }): GalleryCard => {
    return { key: String(id), path: `/sessions/${id}`, title, excerpt, bot: slug, author: user, mine, at: updated_at };
  });
  return { ...rest, cards };
}

async function readPages(query: URLSearchParams, signal: AbortSignal) {
  const { results, ...rest } = await call<z.infer<typeof snapshotPage>>(`/s?${query}`, { signal });
  const cards = results.map(({ id, title, excerpt, bot, author, updated_at }): GalleryCard => {
    return { key: id, path: `/s/${id}`, title, excerpt, bot, author, mine: false, at: updated_at };
  });
  return { ...rest, cards };
}
