import { sql } from 'kysely';
import type { Match } from '#contracts/lists.ts';
import type { Db } from '../db/schema.ts';
import { findMessages } from '../search/find-messages.store.ts';
import { snippetOf } from '../search/snippet.ts';
import { selectTurns, type TurnRow } from '../turns/turn.store.ts';

interface Page {
  limit: number;
  offset: number;
}

/** One page of a user's turns, newest first. */
export function listTurns(db: Db, userId: number, page: Page): Promise<TurnRow[]> {
  return selectTurns(db, userId).orderBy('prompt.id', 'desc').limit(page.limit).offset(page.offset).execute();
}

export async function countTurns(db: Db, userId: number): Promise<number> {
  const row = await db
    .selectFrom('messages as prompt')
    .select((count) => count.fn.countAll<number>().as('count'))
    .where('prompt.user_id', '=', userId)
    .where('prompt.asked', '=', sql.lit(1))
    .executeTakeFirstOrThrow();
  return row.count;
}

export interface FoundTurns {
  rows: (TurnRow & { match: Match })[];
  count: number;
}

/** One page of a user's turns with a text in the message or its reply, of the newest hits there are. */
export async function searchTurns(db: Db, userId: number, q: string, page: Page): Promise<FoundTurns> {
  const hits = await findMessages(db, { userId, q });
  const matches = new Map<number, Match>();
  for (const { id, role, parent_id, content } of hits) {
    const promptId = role === 'user' ? id : parent_id!;
    // The message itself says more than what was answered.
    if (role === 'user' || !matches.has(promptId)) matches.set(promptId, snippetOf(content, q));
  }
  if (matches.size === 0) return { rows: [], count: 0 };
  // An answer of an intake is in no turn of its own.
  const asked = await db
    .selectFrom('messages')
    .select('id')
    .where('id', 'in', [...matches.keys()])
    .where('asked', '=', 1)
    .orderBy('id', 'desc')
    .execute();
  const ids = asked.map(({ id }) => id).slice(page.offset, page.offset + page.limit);
  if (ids.length === 0) return { rows: [], count: asked.length };
  const rows = await selectTurns(db, userId).where('prompt.id', 'in', ids).orderBy('prompt.id', 'desc').execute();
  return { rows: rows.map((row) => ({ ...row, match: matches.get(row.id)! })), count: asked.length };
}
