import { forgetAssistants } from './assistants/assistants.store.ts';
import { forgetAccount, holdAccount } from './accounts/departure.store.ts';
import { forgetResets } from './accounts/mail-jobs.store.ts';
import type { Departure } from './accounts/account-parts.ts';
import type { Trx } from './db/schema.ts';
import { partMerged } from './quotes/merge.store.ts';
import { withdrawVotes } from './quotes/quotes.store.ts';
import { leavePages } from './sessions/snapshots.store.ts';

type Forget = (trx: Trx, args: Departure) => Promise<void>;

/** What each feature takes away while the account is still there to be asked for. */
const before: Forget[] = [leavePages, withdrawVotes, partMerged, forgetResets];

/** What no foreign key leads to, once nothing new can come. */
const after: Forget[] = [forgetSpending, forgetAssistants];

/**
 * Deletes an account with everything that names it, in one transaction. A feature that keeps something of users
 * without a foreign key to them adds its part here. Throws `last_administrator`.
 */
export async function leave(trx: Trx, args: Departure & { actorId: number; now: number }): Promise<void> {
  await holdAccount(trx, args);
  for (const forget of before) await forget(trx, args);
  await forgetAccount(trx, args);
  for (const forget of after) await forget(trx, args);
}

/** The ledger has to add up, so its rows stay under a number that leads nowhere. */
async function forgetSpending(trx: Trx, { userId, pseudonym }: Departure): Promise<void> {
  await trx.updateTable('ledger').set({ user_id: pseudonym }).where('user_id', '=', userId).execute();
  await trx.deleteFrom('daily_usage').where('user_id', '=', userId).execute();
  await trx.deleteFrom('idempotency_keys').where('user_id', '=', userId).execute();
  await trx.deleteFrom('budget_notices').where('user_id', '=', userId).execute();
}
