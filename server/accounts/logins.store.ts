import type { Db, Schema, Trx } from '../db/schema.ts';

export type LoginRow = Omit<Schema['logins'], 'id' | 'user_id' | 'token_hash'> & { id: number };

const columns = ['id', 'created_at', 'last_seen_at', 'expires_at', 'ip_address', 'user_agent'] as const;

export function findLogin(db: Db, args: { id: number }): Promise<LoginRow | undefined> {
  return db.selectFrom('logins').select(columns).where('id', '=', args.id).executeTakeFirst();
}

/** What is logged in, the most recently used first. */
export function listLogins(db: Db, args: { userId: number; now: number; idleMs: number }): Promise<LoginRow[]> {
  return db
    .selectFrom('logins')
    .select(columns)
    .where('user_id', '=', args.userId)
    .where('expires_at', '>', args.now)
    .where('last_seen_at', '>=', args.now - args.idleMs)
    .orderBy('last_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(500)
    .execute();
}

/** Ends one own login; false where there is none. */
export async function endLogin(trx: Trx, args: { userId: number; id: number }): Promise<boolean> {
  const ended = await trx
    .deleteFrom('logins')
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning('id')
    .executeTakeFirst();
  return ended !== undefined;
}

/** Ends every login of an account, but `except` where it is given. */
export async function endLogins(trx: Trx, args: { userId: number; except: number | null }): Promise<void> {
  let query = trx.deleteFrom('logins').where('user_id', '=', args.userId);
  if (args.except !== null) query = query.where('id', '!=', args.except);
  await query.execute();
}

/** Which of these logins still stand for an account that may be used. */
export async function findLiveLogins(db: Db, args: { ids: number[]; now: number }): Promise<number[]> {
  const rows = await db
    .selectFrom('logins')
    .innerJoin('users', 'users.id', 'logins.user_id')
    .select('logins.id')
    .where('logins.id', 'in', args.ids)
    .where('logins.expires_at', '>', args.now)
    .where('users.blocked_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}
