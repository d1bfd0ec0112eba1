import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';

export type KeyRow = Omit<Schema['api_keys'], 'id' | 'key_hash' | 'token_level' | 'token_level_at' | 'revoked_at'> & {
  id: number;
};

const columns = [
  'id',
  'user_id',
  'name',
  'shown',
  'models',
  'daily_requests',
  'tokens_per_minute',
  'monthly_budget',
  'expires_at',
  'response_cache',
  'created_at',
  'last_used_at',
] as const;

/** Who a key stands for, with what it narrows. */
export interface KeyOwner {
  key_id: number;
  models: string | null;
  tokens_per_minute: number | null;
  monthly_budget: number | null;
  expires_at: number | null;
  response_cache: Schema['api_keys']['response_cache'];
  last_used_at: number | null;
  id: number;
  email: string | null;
  nickname: string;
  role: Schema['users']['role'];
}

const keyOwner = statement<{ keyHash: string }, KeyOwner>((db, { keyHash }) =>
  db
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select([
      'api_keys.id as key_id',
      'api_keys.models',
      'api_keys.tokens_per_minute',
      'api_keys.monthly_budget',
      'api_keys.expires_at',
      'api_keys.response_cache',
      'api_keys.last_used_at',
      'users.id',
      'users.email',
      'users.nickname',
      'users.role',
    ])
    .where('api_keys.key_hash', '=', keyHash)
    .where('api_keys.revoked_at', 'is', null)
    .where('users.blocked_at', 'is', null),
);

/** The owner of a key that is not revoked; undefined for every other. */
export function findKeyOwner(db: Db, keyHash: string): Promise<KeyOwner | undefined> {
  return keyOwner.first(db, { keyHash });
}

/** At most once a minute a key: not every request writes. */
export async function touchKey(trx: Trx, args: { keyId: number; now: number }): Promise<void> {
  await trx.updateTable('api_keys').set({ last_used_at: args.now }).where('id', '=', args.keyId).execute();
}

export type KeyLimits = Pick<
  Schema['api_keys'],
  'name' | 'models' | 'daily_requests' | 'tokens_per_minute' | 'monthly_budget' | 'expires_at' | 'response_cache'
>;

/** Keys that a user may have at once. */
const MOST_KEYS = 200;

export async function createKey(
  trx: Trx,
  args: { userId: number; keyHash: string; shown: string; limits: KeyLimits; now: number },
): Promise<KeyRow> {
  const { count } = await trx
    .selectFrom('api_keys')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('user_id', '=', args.userId)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (count >= MOST_KEYS) throw new Problem('conflict', `An account has ${MOST_KEYS} keys at most.`);
  return trx
    .insertInto('api_keys')
    .values({
      user_id: args.userId,
      key_hash: args.keyHash,
      shown: args.shown,
      ...args.limits,
      created_at: args.now,
      token_level: 0,
      token_level_at: args.now,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
}

/** Changes the given limits of an own key; undefined where there is none. */
export async function changeKey(
  trx: Trx,
  args: { userId: number; id: number; limits: Partial<KeyLimits> },
): Promise<KeyRow | undefined> {
  const { userId, id, limits } = args;
  return trx
    .updateTable('api_keys')
    .set({ user_id: userId, ...limits })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .returning(columns)
    .executeTakeFirst();
}

/** Voids an own key; its row stays for the reports. False where there is none. */
export async function revokeKey(trx: Trx, args: { userId: number; id: number; now: number }): Promise<boolean> {
  const revoked = await trx
    .updateTable('api_keys')
    .set({ revoked_at: args.now })
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return revoked !== undefined;
}

export function findKey(db: Db, args: { userId: number; id: number }): Promise<KeyRow | undefined> {
  return db
    .selectFrom('api_keys')
    .select(columns)
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
}

export async function listKeys(
  db: Db,
  args: { userId: number; limit: number; offset: number },
): Promise<{ rows: KeyRow[]; count: number }> {
  const own = db.selectFrom('api_keys').where('user_id', '=', args.userId).where('revoked_at', 'is', null);
  const rows = await own.select(columns).orderBy('id', 'desc').limit(args.limit).offset(args.offset).execute();
  const { count } = await own.select((row) => row.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  return { rows, count };
}

/** What the given keys have spent and set aside in a month, where a budget of theirs counts it. */
export async function readSpent(db: Db, args: { ids: number[]; month: string }): Promise<Map<number, number>> {
  if (args.ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('budgets')
    .select(['scope', sql<number>`spent + reserved`.as('spent')])
    .where('month', '=', args.month)
    .where(
      'scope',
      'in',
      args.ids.map((id) => `key:${id}`),
    )
    .execute();
  return new Map(rows.map((row) => [Number(row.scope.slice(4)), row.spent]));
}

/** Which of these keys still count, for owners that may use them. */
export async function findLiveKeys(db: Db, args: { ids: number[]; now: number }): Promise<number[]> {
  const rows = await db
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select('api_keys.id')
    .where('api_keys.id', 'in', args.ids)
    .where('api_keys.revoked_at', 'is', null)
    .where('users.blocked_at', 'is', null)
    .where((row) => row.or([row('api_keys.expires_at', 'is', null), row('api_keys.expires_at', '>', args.now)]))
    .execute();
  return rows.map(({ id }) => id);
}
