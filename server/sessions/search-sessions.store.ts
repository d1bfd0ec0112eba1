import { sql } from 'kysely';
import type { Match } from '#contracts/lists.ts';
import type { Db } from '../db/schema.ts';
import { findMessages } from '../search/find-messages.store.ts';
import { foldText } from '../search/grams.ts';
import { snippetOf } from '../search/snippet.ts';
import { selectSessions, type SessionDetails, type SessionFilter } from './sessions.store.ts';

/** Titles that are read for one search: of one user as good as all, of the public ones the newest. */
const TITLES = 5_000;

export interface FoundSessions {
  rows: (SessionDetails & { match: Match | null })[];
  count: number;
}

/** One page of sessions with a text in their title or in a message, the newest first. */
export async function searchSessions(
  db: Db,
  filter: SessionFilter & { q: string },
  page: { limit: number; offset: number },
): Promise<FoundSessions> {
  const { q } = filter;
  const [titled, hits] = await Promise.all([findTitles(db, filter), findMessages(db, { userId: filter.userId, q })]);
  const matches = new Map<number, Match | null>(titled.map((id) => [id, null]));
  for (const { session_id, content } of hits) {
    if (!matches.get(session_id)) matches.set(session_id, snippetOf(content, q));
  }
  if (matches.size === 0) return { rows: [], count: 0 };
  const found = (await whose(selectSessions(db), filter)
    .where('sessions.id', 'in', [...matches.keys()])
    .orderBy('sessions.id', 'desc')
    .execute()) as SessionDetails[];
  const shown = found.slice(page.offset, page.offset + page.limit);
  return { rows: shown.map((row) => ({ ...row, match: matches.get(row.id) ?? null })), count: found.length };
}

function whose(query: ReturnType<typeof selectSessions>, { userId, bot }: SessionFilter) {
  const own =
    userId === undefined
      ? query.where('sessions.visibility', '=', sql.lit('public')).where('sessions.answered', '=', sql.lit(1))
      : query.where('sessions.user_id', '=', userId);
  return bot === undefined ? own : own.where('bots.slug', '=', bot);
}

async function findTitles(db: Db, filter: SessionFilter & { q: string }): Promise<number[]> {
  const folded = foldText(filter.q);
  if (folded === '') return [];
  const rows = await whose(selectSessions(db), filter)
    .clearSelect()
    .select(['sessions.id', 'sessions.title'])
    .orderBy('sessions.id', 'desc')
    .limit(TITLES)
    .execute();
  return rows.filter(({ title }) => foldText(title).includes(folded)).map(({ id }) => id);
}
