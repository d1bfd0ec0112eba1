import type { Mark, MarkCount } from '#contracts/sessions.ts';
import type { Db, Trx } from '../db/schema.ts';
import { Problem } from '../errors.ts';

export interface MarkReplyArgs {
  sessionId: number;
  promptId: number;
  mark: Mark | null;
}

/** Marks the chosen reply of a prompt. Throws `not_found` where there is none. */
export async function markReply(trx: Trx, args: MarkReplyArgs): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('messages')
    .set({ mark: args.mark })
    .where('session_id', '=', args.sessionId)
    .where('parent_id', '=', args.promptId)
    .where('role', '=', 'assistant')
    .where('chosen', '=', 1)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Problem('not_found');
}

/** How often the answers of each bot and model were marked, the most often marked first; at most `limit` of them. */
export async function countMarks(db: Db, limit: number): Promise<MarkCount[]> {
  const rows = await db
    .selectFrom('messages')
    .innerJoin('sessions', 'sessions.id', 'messages.session_id')
    .innerJoin('bots', 'bots.id', 'sessions.bot_id')
    .select(['bots.slug as bot', 'messages.model'])
    .select(({ fn, eb }) => [
      fn.count<number>(eb.case().when('messages.mark', '=', 'good').then(1).end()).as('good'),
      fn.count<number>(eb.case().when('messages.mark', '=', 'bad').then(1).end()).as('bad'),
    ])
    .where('messages.mark', 'is not', null)
    .groupBy(['bots.slug', 'messages.model'])
    .orderBy((row) => row.fn.count('messages.id'), 'desc')
    .orderBy('bots.slug')
    .orderBy('messages.model')
    .limit(limit)
    .execute();
  return rows;
}
