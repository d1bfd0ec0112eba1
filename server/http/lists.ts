import type { FastifyReply } from 'fastify';
import { DEFAULT_PER_PAGE, type Link, type PageQuery } from '#contracts/lists.ts';

export interface PageOf<Row> {
  results: Row[];
  count: number;
  page: number;
  per_page: number;
  links: Link[];
}

/** Rows to read for a page of the query. */
export function pageRange(query: PageQuery): { limit: number; offset: number; page: number } {
  const limit = query.per_page ?? query['per-page'] ?? DEFAULT_PER_PAGE;
  return { limit, offset: (query.page - 1) * limit, page: query.page };
}

export interface ListAddress {
  publicUrl: string;
  /** `/chat`, say. */
  path: string;
  /** Filters that stay the same from page to page. */
  filters: Record<string, string | boolean | undefined>;
}

/** One page with its links, which also go out as a `Link` header (RFC 8288). */
export function sendPage<Row>(
  reply: FastifyReply,
  address: ListAddress,
  range: { limit: number; page: number },
  rows: { results: Row[]; count: number },
): PageOf<Row> {
  const last = Math.max(1, Math.ceil(rows.count / range.limit));
  const { page } = range;
  const places: [rel: string, page: number][] = [['first', 1]];
  if (page > 1) places.push(['prev', Math.min(page - 1, last)]);
  if (page < last) places.push(['next', page + 1]);
  places.push(['last', last]);
  const links = places.map(([rel, number]) => {
    const href = pageUrl(address, number, range.limit);
    return { rel, method: 'GET' as const, href, link: href };
  });
  void reply.header('link', links.map(({ rel, href }) => `<${href}>; rel="${rel}"`).join(', '));
  return { ...rows, page, per_page: range.limit, links };
}

function pageUrl(address: ListAddress, page: number, perPage: number): string {
  const url = new URL(address.path, address.publicUrl);
  for (const [name, value] of Object.entries(address.filters)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  url.searchParams.set('page', String(page));
  url.searchParams.set('per_page', String(perPage));
  return url.href;
}
