import { forgetInAudit, record } from '../audit/audit.store.ts';
import { currentDay } from '../db/clock.ts';
import type { Trx } from '../db/schema.ts';
import { isPostgres } from '../db/statement.ts';
import { Problem } from '../errors.ts';
import type { Departure } from './account-parts.ts';

/**
 * Holds the account's row, so that nothing of it begins any more and what is under way comes first.
 * Throws `last_administrator`, and `not_found` for an account that is gone already.
 */
export async function holdAccount(trx: Trx, args: Departure): Promise<void> {
  // An update that changes nothing locks the rows, so two administrators can't leave at the same moment.
  const administrators = await trx
    .updateTable('users')
    .set({ role: 'administrator' })
    .where('role', '=', 'administrator')
    .where('blocked_at', 'is', null)
    .returning('id')
    .execute();
  if (administrators.length === 1 && administrators[0]?.id === args.userId) throw new Problem('last_administrator');
  let held = trx.selectFrom('users').select('id').where('id', '=', args.userId);
  if (isPostgres(trx)) held = held.forUpdate();
  if (!(await held.executeTakeFirst())) throw new Problem('not_found');
}

/** Deletes the account; whatever refers to it goes with it. Today's count is kept under hashes until the day ends. */
export async function forgetAccount(trx: Trx, args: Departure & { actorId: number; now: number }): Promise<void> {
  const self = args.actorId === args.userId;
  await trx.deleteFrom('users').where('id', '=', args.userId).execute();
  await keepUsage(trx, args);
  await forgetInAudit(trx, args);
  await record(trx, {
    at: args.now,
    actorId: self ? args.pseudonym : args.actorId,
    subjectId: args.pseudonym,
    action: 'user.deleted',
  });
}

async function keepUsage(trx: Trx, args: Departure): Promise<void> {
  const { day } = await currentDay(trx, args.zone);
  await trx.deleteFrom('departed_usage').where('day', '<', day).execute();
  const usage = await trx
    .selectFrom('daily_usage')
    .select('used')
    .where('user_id', '=', args.userId)
    .where('day', '=', day)
    .executeTakeFirst();
  if (!usage) return;
  for (const hash of args.usageHashes) {
    await trx
      .insertInto('departed_usage')
      .values({ address_hash: hash, day, used: usage.used })
      .onConflict((conflict) => conflict.columns(['address_hash', 'day']).doUpdateSet({ used: usage.used }))
      .execute();
  }
}
