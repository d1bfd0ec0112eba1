import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { selectTurns, type TurnRow } from '../turns/turn.store.ts';

export interface TurnFilter {
  userId: number;
  /** A substring of the message or its reply. */
  q: string | undefined;
}

/** One page of a user's turns, newest first. */
export function listTurns(db: Db, filter: TurnFilter, page: { limit: number; offset: number }): Promise<TurnRow[]> {
  let query = selectTurns(db, filter.userId);
  if (filter.q) query = query.where(containsText(filter.q));
  return query.orderBy('prompt.id', 'desc').limit(page.limit).offset(page.offset).execute();
}

export async function countTurns(db: Db, filter: TurnFilter): Promise<number> {
  let query = db
    .selectFrom('messages as prompt')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('prompt.user_id', '=', filter.userId)
    .where('prompt.asked', '=', sql.lit(1));
  if (filter.q) {
    query = query
      .leftJoin('messages as reply', (join) =>
        join
          .onRef('reply.parent_id', '=', 'prompt.id')
          .on('reply.role', '=', sql.lit('assistant'))
          .on('reply.chosen', '=', sql.lit(1)),
      )
      .where(containsText(filter.q));
  }
  return (await query.executeTakeFirstOrThrow()).count;
}

function containsText(q: string) {
  const pattern = `%${q.toLowerCase().replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return sql<boolean>`(lower(prompt.content) like ${pattern} escape '\\' or lower(reply.content) like ${pattern} escape '\\')`;
}
