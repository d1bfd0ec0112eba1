import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import { currentDay } from '../db/clock.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { quotaHeaders } from './quota-headers.ts';
import type { Quota, Reservation, SpendLimits } from './reservation.ts';

interface UserLimits {
  role: Schema['users']['role'];
  daily_limit: number | null;
}

const userLimits = statement<{ userId: number }, UserLimits>((db, { userId }) =>
  db.selectFrom('users').select(['role', 'daily_limit']).where('id', '=', userId).where('blocked_at', 'is', null),
);

/** Takes one unit where the day has one left: no row comes back where it has none. */
const takeUnit = statement<{ userId: number; day: string; limit: number }, { used: number }>(
  (db, { userId, day, limit }) =>
    db
      .insertInto('daily_usage')
      .values({ user_id: userId, day, used: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'day'])
          .doUpdateSet((row) => ({ used: row('daily_usage.used', '+', 1) }))
          .where('daily_usage.used', '<', limit),
      )
      .returning('used'),
);

const countUnderWay = statement<{ userId: number }, { count: number }>((db, { userId }) =>
  db
    .selectFrom('ledger')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .where('state', '=', sql.lit('reserved')),
);

type LedgerEntry = Pick<
  Schema['ledger'],
  'user_id' | 'purpose' | 'model' | 'day' | 'units' | 'instance_id' | 'created_at'
>;

const openEntry = statement<LedgerEntry, { id: number }>((db, entry) =>
  db
    .insertInto('ledger')
    .values({
      user_id: entry.user_id,
      purpose: entry.purpose,
      model: entry.model,
      day: entry.day,
      units: entry.units,
      instance_id: entry.instance_id,
      created_at: entry.created_at,
      state: 'reserved',
      estimated: 0,
    })
    .returning('id'),
);

const readUsed = statement<{ userId: number; day: string }, { used: number }>((db, { userId, day }) =>
  db.selectFrom('daily_usage').select('used').where('user_id', '=', userId).where('day', '=', day),
);

/** The daily limit of one user: administrators have none, an own one goes before the server's. */
function dailyLimit(user: UserLimits, limits: SpendLimits): number | null {
  if (user.role === 'administrator') return null;
  const limit = user.daily_limit ?? limits.dailyRequests;
  return limit < 0 ? null : limit;
}

function concurrencyLimit(limit: number | null, limits: SpendLimits): number | null {
  if (limits.concurrent === 0) return null;
  return limits.concurrentChosen ? limits.concurrent : Math.max(limits.concurrent, limit ?? 0);
}

export interface ReserveArgs {
  userId: number;
  purpose: Schema['ledger']['purpose'];
  model: string;
  limits: SpendLimits;
  instanceId: string;
}

/**
 * Takes a unit of today and opens a ledger entry. Throws `quota_exhausted` or `too_many_generations`;
 * called inside the transaction that stores what will be asked.
 */
export async function reserve(trx: Trx, args: ReserveArgs): Promise<{ reservation: Reservation; quota: Quota }> {
  const { userId, limits } = args;
  const user = await userLimits.first(trx, { userId });
  if (!user) throw new Problem('unauthenticated');
  const today = await currentDay(trx, limits.zone);
  const limit = dailyLimit(user, limits);
  const taken =
    limit === 0
      ? undefined
      : await takeUnit.first(trx, { userId, day: today.day, limit: limit ?? Number.MAX_SAFE_INTEGER });
  if (!taken) {
    const quota = { limit, used: limit ?? 0, resetsAt: today.resetsAt };
    const retryAfterS = Math.max(1, Math.ceil((today.resetsAt - today.now) / 1_000));
    throw new Problem('quota_exhausted', undefined, { retryAfterS, headers: quotaHeaders(quota, today.now) });
  }
  const concurrent = concurrencyLimit(limit, limits);
  if (concurrent !== null) {
    // The row of daily_usage is locked by now, so two requests of one user can't both see the last place free.
    const underWay = (await countUnderWay.first(trx, { userId }))?.count ?? 0;
    if (underWay >= concurrent) {
      const quota = { limit, used: taken.used - 1, resetsAt: today.resetsAt };
      throw new Problem('too_many_generations', undefined, { retryAfterS: 1, headers: quotaHeaders(quota, today.now) });
    }
  }
  const entry = await openEntry.first(trx, {
    user_id: userId,
    purpose: args.purpose,
    model: args.model,
    day: today.day,
    units: 1,
    instance_id: args.instanceId,
    created_at: today.now,
  });
  const reservation = { id: entry!.id, userId } as Reservation;
  return { reservation, quota: { limit, used: taken.used, resetsAt: today.resetsAt } };
}

export interface SettleArgs {
  reservationId: number;
  /** The model that answered. */
  model: string;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  estimated: boolean;
  now: number;
}

type Settlement = {
  id: number;
  model: string;
  prompt: number;
  cached: number;
  completion: number;
  estimated: number;
  now: number;
};

const settleEntry = statement<Settlement, { id: number }>((db, entry) =>
  db
    .updateTable('ledger')
    .set({
      state: 'settled',
      model: entry.model,
      prompt_tokens: entry.prompt,
      cached_tokens: entry.cached,
      completion_tokens: entry.completion,
      estimated: entry.estimated,
      settled_at: entry.now,
    })
    .where('id', '=', entry.id)
    .where('state', '=', sql.lit('reserved'))
    .returning('id'),
);

/** Closes a reservation whose answer counts. False: it was closed before. */
export async function settle(trx: Trx, args: SettleArgs): Promise<boolean> {
  const settled = await settleEntry.first(trx, {
    id: args.reservationId,
    model: args.model,
    prompt: args.promptTokens,
    cached: args.cachedTokens,
    completion: args.completionTokens,
    estimated: args.estimated ? 1 : 0,
    now: args.now,
  });
  return settled !== undefined;
}

/** Closes a reservation without an answer: its units go back to the day they were taken from. False: it was closed before. */
export async function refund(trx: Trx, args: { reservationId: number; now: number }): Promise<boolean> {
  const entry = await trx
    .updateTable('ledger')
    .set({ state: 'refunded', settled_at: args.now })
    .where('id', '=', args.reservationId)
    .where('state', '=', 'reserved')
    .returning(['user_id', 'day', 'units'])
    .executeTakeFirst();
  if (!entry) return false;
  await trx
    .updateTable('daily_usage')
    .set((row) => ({ used: row('used', '-', entry.units) }))
    .where('user_id', '=', entry.user_id)
    .where('day', '=', entry.day)
    .where('used', '>=', entry.units)
    .execute();
  return true;
}

/** Today's quota of one user, as the profile and the answers show it. */
export async function readQuota(db: Db, args: { userId: number; limits: SpendLimits }): Promise<Quota> {
  const today = await currentDay(db, args.limits.zone);
  const user = await userLimits.first(db, { userId: args.userId });
  const used = (await readUsed.first(db, { userId: args.userId, day: today.day }))?.used ?? 0;
  return { limit: user ? dailyLimit(user, args.limits) : 0, used, resetsAt: today.resetsAt };
}
