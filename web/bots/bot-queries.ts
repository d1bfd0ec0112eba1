import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type { Bot, botPage } from '#contracts/bots.ts';
import { call } from '../lib/api-client.ts';

/** The bot that everybody begins with. */
export const FREE = 'free';

export function botQuery(slug: string) {
  return queryOptions({
    queryKey: ['bots', slug],
    queryFn: ({ signal }) => call<Bot>(`/bots/${encodeURIComponent(slug)}`, { signal }),
  });
}

export const botsQuery = queryOptions({
  queryKey: ['bots'],
  queryFn: ({ signal }) => call<z.infer<typeof botPage>>('/bots?per_page=100', { signal }),
});
