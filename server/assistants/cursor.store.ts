import type { SelectQueryBuilder } from 'kysely';
import type { CursorQuery } from '#contracts/assistants.ts';

/** Where a page begins: numbers of the rows that `after` and `before` name. */
export interface Cursor {
  limit: number;
  order: 'asc' | 'desc';
  after?: number;
  before?: number;
}

/**
 * The cursor of a query, its ids looked up by `find`. An id of nothing gives an empty page: there is nothing
 * behind it, as with OpenAI.
 */
export async function resolveCursor(
  query: CursorQuery,
  find: (id: string) => Promise<number | undefined>,
): Promise<Cursor> {
  const { limit, order } = query;
  const [after, before] = await Promise.all([
    query.after === undefined ? undefined : find(query.after),
    query.before === undefined ? undefined : find(query.before),
  ]);
  const nowhere = order === 'asc' ? Number.MAX_SAFE_INTEGER : 0;
  const cursor: Cursor = { limit, order };
  if (query.after !== undefined) cursor.after = after ?? nowhere;
  if (query.before !== undefined) cursor.before = before ?? Number.MAX_SAFE_INTEGER - nowhere;
  return cursor;
}

/** The rows of a page, in order; one more than `limit`, where there are more. `column` is the rows' number. */
export async function pageOf<Row>(
  // Any table with a number: kysely's type of a query names all of its tables.
  // oxlint-disable-next-line typescript/no-explicit-any
  query: SelectQueryBuilder<any, any, Row>,
  column: string,
  { limit, order, after, before }: Cursor,
): Promise<Row[]> {
  const [beyond, short] = order === 'asc' ? (['>', '<'] as const) : (['<', '>'] as const);
  let rows = query;
  if (after !== undefined) rows = rows.where(column, beyond, after);
  if (before !== undefined) rows = rows.where(column, short, before);
  // What comes before an id is the page that ends with it: it is read from its end.
  const fromEnd = before !== undefined && after === undefined;
  const direction = fromEnd ? (order === 'asc' ? 'desc' : 'asc') : order;
  const found = await rows
    .orderBy(column, direction)
    .limit(limit + 1)
    .execute();
  return fromEnd ? [...found.slice(0, limit).toReversed(), ...found.slice(limit)] : found;
}

/** A list as OpenAI's clients page through it, of `limit + 1` rows at most. */
export function showPage<Shown extends { id: string }>(rows: Shown[], limit: number): object {
  const data = rows.slice(0, limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: rows.length > limit,
  };
}
