import { z } from 'zod';

const perPage = z.coerce.number().int().min(5).max(100);

/** Query of every list. `per-page` is another way to write `per_page`. */
export const pageQuery = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000_000).default(1),
  per_page: perPage.optional(),
  'per-page': perPage.optional(),
});
export type PageQuery = z.infer<typeof pageQuery>;

export const DEFAULT_PER_PAGE = 10;

export const link = z.object({
  rel: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  href: z.url(),
  /** The same as `href`, under the other name. */
  link: z.url().optional(),
});
export type Link = z.infer<typeof link>;

/** One page of a list. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    results: z.array(row),
    count: z.int(),
    page: z.int(),
    per_page: z.int(),
    links: z.array(link),
  });
}

/** The place of a text that was searched for: `hit` is what matched, as it was written. */
export const match = z.object({ before: z.string(), hit: z.string(), after: z.string() });
export type Match = z.infer<typeof match>;
