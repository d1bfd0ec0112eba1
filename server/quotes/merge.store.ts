import { record } from '../audit/audit.store.ts';
import { invalidField, Problem } from '../errors.ts';
import type { Trx } from '../db/schema.ts';
import { notify } from './notices.store.ts';

export interface MergeArgs {
  id: number;
  into: number;
  actorId: number;
  now: number;
}

/**
 * Makes one quote of two: votes are added up, and who voted for both counts once. Throws `not_found`,
 * and `invalid` where the other one is none, itself, or merged.
 */
export async function mergeQuotes(trx: Trx, { id, into, actorId, now }: MergeArgs): Promise<void> {
  // In the order of their ids, so that two merges do not wait for each other.
  const rows = [];
  for (const each of [...new Set([id, into])].toSorted((one, other) => one - other)) {
    rows.push(
      await trx
        .updateTable('quotes')
        .set((row) => ({ votes: row.ref('votes') }))
        .where('id', '=', each)
        .returningAll()
        .executeTakeFirst(),
    );
  }
  const from = rows.find((row) => row?.id === id);
  const target = rows.find((row) => row?.id === into);
  if (!from) throw new Problem('not_found');
  if (from.merged_into !== null) throw new Problem('conflict', 'This quote has been merged already.');
  if (id === into || !target || target.merged_into !== null) throw invalidField('into', 'takes another quote');
  await moveVoters(trx, id, into);
  await trx
    .updateTable('quotes')
    .set({ merged_into: into, updated_at: now })
    .where((row) => row.or([row('id', '=', id), row('merged_into', '=', id)]))
    .execute();
  const detail = { quote: id, into };
  await record(trx, { at: now, actorId, subjectId: from.user_id, action: 'quote.merged', detail });
  const news = { quoteId: into, content: target.content, status: target.status, reply: target.reply, now };
  await notify(trx, { userId: from.user_id, kind: 'quote_merged', ...news });
}

/** What others have asked for, and was merged into this one or into any quote of an account, stands on its own again. */
export async function partMerged(trx: Trx, { userId, quoteId }: { userId: number; quoteId?: number }): Promise<void> {
  await trx
    .updateTable('quotes')
    .set({ merged_into: null })
    .where('user_id', '!=', userId)
    .where('merged_into', 'in', (from) => {
      const own = from.selectFrom('quotes').select('id').where('user_id', '=', userId);
      return quoteId === undefined ? own : own.where('id', '=', quoteId);
    })
    .execute();
}

async function moveVoters(trx: Trx, id: number, into: number): Promise<void> {
  await trx
    .insertInto('quote_votes')
    .columns(['quote_id', 'user_id', 'created_at'])
    .expression((from) =>
      from
        .selectFrom('quote_votes')
        .select((row) => [row.cast<number>(row.val(into), 'bigint').as('quote_id'), 'user_id', 'created_at'])
        .where('quote_id', '=', id),
    )
    .onConflict((conflict) => conflict.columns(['quote_id', 'user_id']).doNothing())
    .execute();
  await trx.deleteFrom('quote_votes').where('quote_id', '=', id).execute();
  const { count } = await trx
    .selectFrom('quote_votes')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('quote_id', '=', into)
    .executeTakeFirstOrThrow();
  await trx.updateTable('quotes').set({ votes: count }).where('id', '=', into).execute();
  await trx.updateTable('quotes').set({ votes: 0 }).where('id', '=', id).execute();
}
