import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import type { Day } from '../db/clock.ts';
import type { Db, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { leaveJob } from '../jobs/jobs.store.ts';

/** One counter of money: all users together, or one key. */
export interface Budget {
  scope: string;
  /** Nano-dollars a month. */
  limit: number;
  keyId: number | null;
  userId: number | null;
}

type Claim = { scope: string; month: string; cost: number; limit: number };
type Counter = { reserved: number; spent: number; warned: number };

/** Sets money aside where it is there: no row comes back where it is not. */
const setAside = statement<Claim, Counter>((db, { scope, month, cost, limit }) =>
  db
    .updateTable('budgets')
    .set((row) => ({
      reserved: row('reserved', '+', cost),
      limit_nano: limit,
      // A budget that was changed has its own marks.
      warned: sql<number>`case when limit_nano = ${limit} then warned else 0 end`,
    }))
    .where('scope', '=', scope)
    .where('month', '=', month)
    .where((row) => row(row('reserved', '+', row('spent', '+', cost)), '<=', limit))
    .returning(['reserved', 'spent', 'warned']),
);

/** What the ledger knows of a month, in nano-dollars: of one key, or of everybody. */
async function spentInMonth(db: Db, month: string, keyId: number | null): Promise<number> {
  let earlier = db
    .selectFrom('ledger')
    .select(sql<number>`coalesce(sum(coalesce(cost, reserved_cost)), 0)`.as('spent'))
    .where('state', '=', 'settled')
    .where('day', '>=', `${month}-00`)
    .where('day', '<=', `${month}-99`);
  if (keyId !== null) earlier = earlier.where('key_id', '=', keyId);
  return Number((await earlier.executeTakeFirstOrThrow()).spent);
}

/** What everybody together has spent and set aside in a month, in nano-dollars. */
export async function readMonth(db: Db, month: string): Promise<number> {
  const counter = await db
    .selectFrom('budgets')
    .select(['reserved', 'spent'])
    .where('scope', '=', 'all')
    .where('month', '=', month)
    .executeTakeFirst();
  return counter ? counter.reserved + counter.spent : spentInMonth(db, month, null);
}

/** A budget that is set in mid-month begins with what the ledger knows of the month. */
async function openCounter(trx: Trx, budget: Budget, month: string): Promise<void> {
  const spent = await spentInMonth(trx, month, budget.keyId);
  await trx
    .insertInto('budgets')
    .values({ scope: budget.scope, month, reserved: 0, spent })
    .onConflict((conflict) => conflict.columns(['scope', 'month']).doNothing())
    .execute();
}

async function counterExists(trx: Trx, scope: string, month: string): Promise<boolean> {
  const row = await trx
    .selectFrom('budgets')
    .select('scope')
    .where('scope', '=', scope)
    .where('month', '=', month)
    .executeTakeFirst();
  return row !== undefined;
}

/** When the next month begins, near enough for a client that waits. */
function secondsToNextMonth(today: Day): number {
  const [year, month] = today.day.split('-').map(Number);
  return Math.max(1, Math.ceil((Date.UTC(year!, month!, 1) - today.now) / 1_000));
}

/** Sets `cost` aside in a budget. Throws `budget_exhausted`. */
export async function reserveBudget(trx: Trx, budget: Budget, cost: number, today: Day): Promise<void> {
  const { scope, limit } = budget;
  const month = today.day.slice(0, 7);
  let counter = await setAside.first(trx, { scope, month, cost, limit });
  if (!counter) {
    if (!(await counterExists(trx, scope, month))) await openCounter(trx, budget, month);
    // Another request may have opened the counter since the first look: only a look at a row that is there refuses.
    counter = await setAside.first(trx, { scope, month, cost, limit });
  }
  if (!counter) {
    const whose = budget.keyId === null ? 'of this server' : 'of this API key';
    throw new Problem('budget_exhausted', `The monthly budget ${whose} does not cover this request.`, {
      retryAfterS: secondsToNextMonth(today),
    });
  }
  await warnWhereDue(trx, budget, month, counter, today.now);
}

/** The mark that this much of a budget has reached. */
function markOf(spent: number, limit: number): 0 | 80 | 100 {
  if (limit === 0 || spent < limit * 0.8) return 0;
  return spent < limit ? 80 : 100;
}

async function warnWhereDue(
  trx: Trx,
  budget: Budget,
  month: string,
  counter: Pick<Counter, 'spent' | 'warned'>,
  now: number,
): Promise<void> {
  const mark = markOf(counter.spent, budget.limit);
  if (mark > counter.warned) await warn(trx, budget, month, mark, now);
}

async function warn(trx: Trx, budget: Budget, month: string, percent: number, now: number): Promise<void> {
  await trx
    .updateTable('budgets')
    .set({ warned: percent })
    .where('scope', '=', budget.scope)
    .where('month', '=', month)
    .execute();
  const notice = await trx
    .insertInto('budget_notices')
    .values({
      user_id: budget.userId,
      key_id: budget.keyId,
      scope: budget.scope,
      month,
      percent,
      limit_nano: budget.limit,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['scope', 'month', 'percent', 'limit_nano']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (notice) await leaveAlerts(trx, notice.id, budget.userId);
}

/** Leaves the alerts of a notice to be sent: to the owner of the key, or to all administrators. */
async function leaveAlerts(trx: Trx, noticeId: number, userId: number | null): Promise<void> {
  let people = trx
    .selectFrom('users')
    .leftJoin('alert_webhooks', 'alert_webhooks.user_id', 'users.id')
    .select(['users.id', 'email', 'email_verified_at', 'url'])
    .where('blocked_at', 'is', null);
  people = userId === null ? people.where('role', '=', 'administrator') : people.where('users.id', '=', userId);
  for (const { id: userId, email, email_verified_at: verifiedAt, url } of await people.execute()) {
    const alert = { userId, detail: { noticeId } };
    if (email !== null && verifiedAt !== null) await leaveJob(trx, { kind: 'alert_mail', ...alert });
    if (url !== null) await leaveJob(trx, { kind: 'alert_webhook', ...alert });
  }
}

type Moved = Pick<Counter, 'spent' | 'warned'> & { limit_nano: number | null };

const moveMoney = statement<{ scope: string; month: string; reserved: number; spent: number }, Moved>(
  (db, { scope, month, reserved, spent }) =>
    db
      .updateTable('budgets')
      .set((row) => ({ reserved: row('reserved', '-', reserved), spent: row('spent', '+', spent) }))
      .where('scope', '=', scope)
      .where('month', '=', month)
      .returning(['spent', 'warned', 'limit_nano']),
);

export interface Reserved {
  /** Scopes it was set aside in, separated by commas; null: none. */
  scopes: string | null;
  reserved_cost: number;
  key_id: number | null;
  user_id: number;
  day: string;
}

/**
 * Gives back what was set aside and counts what was spent. A budget that was set while the call was under way
 * has set nothing aside, yet counts the call.
 */
export async function settleBudgets(trx: Trx, entry: Reserved, spent: number, now: number): Promise<void> {
  const month = entry.day.slice(0, 7);
  const reservedIn = new Set(entry.scopes?.split(','));
  const scopes = entry.key_id === null ? ['all'] : [`key:${entry.key_id}`, 'all'];
  for (const scope of scopes) {
    const reserved = reservedIn.has(scope) ? entry.reserved_cost : 0;
    if (reserved === 0 && spent === 0) continue;
    const moved = await moveMoney.first(trx, { scope, month, reserved, spent });
    if (moved?.limit_nano == null || spent === 0) continue;
    const [keyId, userId] = scope === 'all' ? [null, null] : [entry.key_id, entry.user_id];
    await warnWhereDue(trx, { scope, limit: moved.limit_nano, keyId, userId }, month, moved, now);
  }
}

/** Notes that a request was refused for lack of budget: its own write, since the refused one is rolled back. */
export async function noteExhausted(
  trx: Trx,
  args: { userId: number; keyId: number | null; monthlyBudget: number | null; month: string; now: number },
): Promise<void> {
  const { keyId, month, now } = args;
  const key =
    keyId === null
      ? undefined
      : await trx.selectFrom('api_keys').select('monthly_budget').where('id', '=', keyId).executeTakeFirst();
  const budgets: Budget[] = [];
  if (key?.monthly_budget != null) {
    budgets.push({ scope: `key:${keyId}`, limit: key.monthly_budget, keyId, userId: args.userId });
  }
  if (args.monthlyBudget !== null) budgets.push({ scope: 'all', limit: args.monthlyBudget, keyId: null, userId: null });
  for (const budget of budgets) {
    const row = await trx
      .selectFrom('budgets')
      .select(['spent', 'reserved', 'warned'])
      .where('scope', '=', budget.scope)
      .where('month', '=', month)
      .executeTakeFirst();
    if (row && row.warned < 100 && row.spent + row.reserved >= budget.limit * 0.8)
      await warn(trx, budget, month, 100, now);
  }
}
