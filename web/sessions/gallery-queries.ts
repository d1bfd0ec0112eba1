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
    queryFn: ({ pageParam, signal }) => (filter.view === 'pages' ? readPages : readSessions)(pageParam, filter, signal),
    getNextPageParam: ({ page, per_page, count }) => (page * per_page < count ? page + 1 : undefined),
    select: ({ pages }) => [...new Map(pages.flatMap(({ cards }) => cards).map((card) => [card.key, card])).values()],
  });
}

async function readSessions(page: number, { bot, q }: GalleryFilter, signal: AbortSignal) {
  const query = new URLSearchParams({ page: String(page), per_page: String(PER_PAGE) });
  if (bot) query.set('bot', bot);
  if (q) query.set('q', q);
  const { results, ...rest } = await call<z.infer<typeof sessionPage>>(`/sessions?${query}`, { signal });
  const cards = results.map(({ id, title, excerpt, bot: slug, user, mine, updated_at }): GalleryCard => {
    return { key: String(id), path: `/sessions/${id}`, title, excerpt, bot: slug, author: user, mine, at: updated_at };
  });
  return { ...rest, cards };
}

async function readPages(page: number, _filter: GalleryFilter, signal: AbortSignal) {
  const answer = await call<z.infer<typeof snapshotPage>>(`/s?page=${page}&per_page=${PER_PAGE}`, { signal });
  const { results, ...rest } = answer;
  const cards = results.map(({ id, title, excerpt, bot, author, updated_at }): GalleryCard => {
    return { key: id, path: `/s/${id}`, title, excerpt, bot, author, mine: false, at: updated_at };
  });
  return { ...rest, cards };
}
