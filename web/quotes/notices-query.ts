import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type { noticePage } from '#contracts/quotes.ts';
import { call } from '../lib/api-client.ts';

/** What the person has not heard yet of their requests. Alone here, because every page asks for it. */
export const noticesQuery = queryOptions({
  queryKey: ['notices'],
  queryFn: ({ signal }) => call<z.infer<typeof noticePage>>('/accounts/notices', { signal }),
  staleTime: 60_000,
});
