import { sql, type Expression } from 'kysely';
import type { Db } from '../db/schema.ts';

export interface UsageFilter {
  /** null: all users. */
  userId: number | null;
  from: string;
  to: string;
  groupBy: 'day' | 'model' | 'key' | 'bot' | 'user';
}

export interface UsageSums {
  group: string | number | null;
  requests: number;
  failed: number;
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
  reasoning_tokens: number;
  estimated: number;
  from_cache: number;
  unpriced: number;
  /** Nano-dollars; null: nothing of it is priced. */
  cost: number | null;
}

const columns = { day: 'day', model: 'model', key: 'key_id', bot: 'bot', user: 'user_id' } as const;

const settled = (value: Expression<unknown>) =>
  sql<number>`coalesce(sum(case when state = 'settled' then ${value} else 0 end), 0)`;
const settledCost = sql<number | null>`sum(case when state = 'settled' then cost end)`;

function closed(db: Db, { userId, from, to }: UsageFilter) {
  const query = db
    .selectFrom('ledger')
    .where('state', '!=', 'reserved')
    .where('day', '>=', from)
    .where('day', '<=', to);
  return userId === null ? query : query.where('user_id', '=', userId);
}

/** Sums of the ledger, closed entries only. */
export async function readUsage(db: Db, filter: UsageFilter): Promise<UsageSums[]> {
  const column = columns[filter.groupBy];
  const rows = await closed(db, filter)
    .select((row) => [
      row.ref(column).as('group'),
      settled(sql.lit(1)).as('requests'),
      sql<number>`coalesce(sum(case when state = 'refunded' then 1 else 0 end), 0)`.as('failed'),
      settled(row.fn.coalesce('prompt_tokens', sql.lit(0))).as('prompt_tokens'),
      settled(row.fn.coalesce('cached_tokens', sql.lit(0))).as('cached_tokens'),
      settled(row.fn.coalesce('completion_tokens', sql.lit(0))).as('completion_tokens'),
      settled(row.ref('reasoning_tokens')).as('reasoning_tokens'),
      settled(row.ref('estimated')).as('estimated'),
      settled(row.ref('from_cache')).as('from_cache'),
      settled(sql`case when cost is null then 1 else 0 end`).as('unpriced'),
      settledCost.as('cost'),
    ])
    .groupBy(column)
    .orderBy(column)
    .execute();
  return rows as UsageSums[];
}

export interface DaySums {
  day: string;
  /** Of the group among those that were asked for; as many as they are: all others. */
  place: number;
  requests: number;
  tokens: number;
  cost: number | null;
}

/** What each of these groups used on each day, and the others together. */
export async function readUsageByDay(db: Db, filter: UsageFilter, top: UsageSums['group'][]): Promise<DaySums[]> {
  const column = sql.ref(columns[filter.groupBy]);
  const whens = top.map((group, place) =>
    group === null
      ? sql`when ${column} is null then ${sql.lit(place)}`
      : sql`when ${column} = ${group} then ${sql.lit(place)}`,
  );
  return closed(db, filter)
    .select([
      'day',
      sql<number>`case ${sql.join(whens, sql` `)} else ${sql.lit(top.length)} end`.as('place'),
      settled(sql.lit(1)).as('requests'),
      settled(sql`coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)`).as('tokens'),
      settledCost.as('cost'),
    ])
    .groupBy(['day', 'place'])
    .orderBy('day')
    .execute();
}

/** Names of keys, also of deleted ones. */
export async function readKeyNames(db: Db, ids: number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('api_keys').select(['id', 'name', 'shown']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, `${row.name} (${row.shown})`]));
}

/** Addresses of users, or their nicknames where they have none. */
export async function readUserNames(db: Db, ids: number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('users').select(['id', 'email', 'nickname']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row.email ?? row.nickname]));
}

export interface Notice {
  key_id: number | null;
  month: string;
  percent: number;
  limit_nano: number;
  created_at: number;
}

/** The notices about budgets that a user sees: of own keys; administrators also of the whole server. */
export function readNotices(db: Db, args: { userId: number; all: boolean }): Promise<Notice[]> {
  let query = db.selectFrom('budget_notices').select(['key_id', 'month', 'percent', 'limit_nano', 'created_at']);
  if (!args.all) query = query.where('user_id', '=', args.userId);
  return query.orderBy('id', 'desc').limit(50).execute();
}
