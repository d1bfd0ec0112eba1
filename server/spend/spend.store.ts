import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import { currentDay, type Day } from '../db/clock.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { reserveBudget, type Budget } from './budget.store.ts';
import {
  allowsModel,
  readKeyLimits,
  takeOfKey,
  takeTokens,
  type KeyLimits,
  type TokenRoom,
} from './key-limits.store.ts';
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
    .where('state', '=', sql.lit('reserved'))
    .where('purpose', '!=', sql.lit('title')),
);

type LedgerEntry = Pick<
  Schema['ledger'],
  | 'user_id'
  | 'purpose'
  | 'model'
  | 'day'
  | 'units'
  | 'instance_id'
  | 'created_at'
  | 'key_id'
  | 'endpoint'
  | 'bot'
  | 'price_list'
  | 'scopes'
> & { reserved_cost: number; reserved_tokens: number };

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
      key_id: entry.key_id,
      endpoint: entry.endpoint,
      bot: entry.bot,
      price_list: entry.price_list,
      scopes: entry.scopes,
      reserved_cost: entry.reserved_cost,
      reserved_tokens: entry.reserved_tokens,
      state: 'reserved',
      estimated: 0,
    })
    .returning('id'),
);

const readUsed = statement<{ userId: number; day: string }, { used: number }>((db, { userId, day }) =>
  db.selectFrom('daily_usage').select('used').where('user_id', '=', userId).where('day', '=', day),
);

async function readUnits(db: Db, userId: number, { day }: Day): Promise<number> {
  return (await readUsed.first(db, { userId, day }))?.used ?? 0;
}

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
  /** The name that the client used for it, where that is another: a key's list may have either. */
  askedModel?: string;
  limits: SpendLimits;
  instanceId: string;
  keyId?: number | null;
  /** Below /v1, `chat/completions`, say. */
  endpoint?: string | null;
  /** The slug of the bot that asks. */
  bot?: string | null;
  /** 0 for calls that take none. */
  units?: 0 | 1;
  priceList?: string;
  /** Nano-dollars that it can cost at most; null or left out: nobody knows. */
  cost?: number | null;
  /** Tokens that it can use at most. */
  tokens?: number;
}

export interface Reserved {
  reservation: Reservation;
  quota: Quota;
  /** Where a key's tokens a minute are limited. */
  tokenRoom: TokenRoom | null;
}

/**
 * Takes a unit of today, sets money aside where a budget applies, and opens a ledger entry. Throws
 * `quota_exhausted`, `too_many_generations`, `budget_exhausted`, `too_many_tokens` or `model_not_allowed`;
 * called inside the transaction that stores what will be asked.
 */
export async function reserve(trx: Trx, args: ReserveArgs): Promise<Reserved> {
  const { userId, limits, keyId = null, units = 1 } = args;
  const user = await userLimits.first(trx, { userId });
  if (!user) throw new Problem('unauthenticated');
  const today = await currentDay(trx, limits.zone);
  const key = keyId === null ? undefined : await readKeyLimits(trx, keyId, userId, today.now);
  if (key) checkModel(key, args);
  // Money first: who has none is refused without holding up the user's other requests.
  const { cost, scopes } = await reserveMoney(trx, args, key, today);
  const quota =
    units === 0
      ? { limit: dailyLimit(user, limits), used: await readUnits(trx, userId, today), resetsAt: today.resetsAt }
      : await takeQuota(trx, userId, dailyLimit(user, limits), key, limits, today);
  const tokens = args.tokens ?? 0;
  const limitedTokens = key !== undefined && key.tokens_per_minute !== null;
  const tokenRoom = limitedTokens ? await takeTokens(trx, key.id, tokens, today.now) : null;
  const entry = await openEntry.first(trx, {
    user_id: userId,
    purpose: args.purpose,
    model: args.model,
    day: today.day,
    units,
    instance_id: args.instanceId,
    created_at: today.now,
    key_id: keyId,
    endpoint: args.endpoint ?? null,
    bot: args.bot ?? null,
    price_list: args.priceList ?? limits.priceList ?? null,
    scopes,
    reserved_cost: cost,
    reserved_tokens: limitedTokens ? tokens : 0,
  });
  const reservation = { id: entry!.id, userId } as Reservation;
  return { reservation, quota, tokenRoom };
}

function checkModel(key: KeyLimits, { model, askedModel = model }: ReserveArgs): void {
  const models = key.models === null ? null : (JSON.parse(key.models) as string[]);
  // A default model that is not known yet is checked where it is.
  if (model === '' || allowsModel(models, model) || allowsModel(models, askedModel)) return;
  throw new Problem('model_not_allowed', `This API key does not take the model ${askedModel}.`);
}

/** Takes one unit of the user and one of the key; gives the quota that is nearer to its end. */
async function takeQuota(
  trx: Trx,
  userId: number,
  limit: number | null,
  key: KeyLimits | undefined,
  limits: SpendLimits,
  today: Day,
): Promise<Quota> {
  const { resetsAt } = today;
  const taken =
    limit === 0
      ? undefined
      : await takeUnit.first(trx, { userId, day: today.day, limit: limit ?? Number.MAX_SAFE_INTEGER });
  if (!taken) throw exhausted({ limit, used: limit ?? 0, resetsAt }, today);
  const usedOfKey = key && (await takeOfKey(trx, key, today));
  if (key && usedOfKey === undefined) {
    throw exhausted({ limit: key.daily_requests, used: key.daily_requests ?? 0, resetsAt }, today, 'of this API key');
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
  const ofUser = { limit, used: taken.used, resetsAt };
  if (!key || key.daily_requests === null) return ofUser;
  const ofKey = { limit: key.daily_requests, used: usedOfKey!, resetsAt };
  return limit === null || ofKey.limit - ofKey.used < limit - taken.used ? ofKey : ofUser;
}

function exhausted(quota: Quota, today: Day, whose?: string): Problem {
  const retryAfterS = Math.max(1, Math.ceil((today.resetsAt - today.now) / 1_000));
  const detail = whose && `Today's requests ${whose} are used up.`;
  return new Problem('quota_exhausted', detail, { retryAfterS, headers: quotaHeaders(quota, today.now) });
}

/** Sets money aside in the key's budget and in everybody's, always in this order. */
async function reserveMoney(
  trx: Trx,
  args: ReserveArgs,
  key: KeyLimits | undefined,
  today: Day,
): Promise<{ cost: number; scopes: string | null }> {
  const { limits, userId } = args;
  const budgets: Budget[] = [];
  if (key && key.monthly_budget !== null) {
    budgets.push({ scope: `key:${key.id}`, limit: key.monthly_budget, keyId: key.id, userId });
  }
  if (limits.monthlyBudget != null) {
    budgets.push({ scope: 'all', limit: limits.monthlyBudget, keyId: null, userId: null });
  }
  if (budgets.length === 0) return { cost: 0, scopes: null };
  const cost = args.cost ?? limits.unknownPriceReserve ?? 0;
  for (const budget of budgets) await reserveBudget(trx, budget, cost, today);
  return { cost, scopes: budgets.map((budget) => budget.scope).join(',') };
}

/** Today's quota of one user, as the profile and the answers show it. */
export async function readQuota(db: Db, args: { userId: number; limits: SpendLimits }): Promise<Quota> {
  const today = await currentDay(db, args.limits.zone);
  const user = await userLimits.first(db, { userId: args.userId });
  const used = await readUnits(db, args.userId, today);
  return { limit: user ? dailyLimit(user, args.limits) : 0, used, resetsAt: today.resetsAt };
}
