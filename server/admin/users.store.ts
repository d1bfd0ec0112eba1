import { sql } from 'kysely';
import { lockUser } from '../accounts/accounts.store.ts';
import { endLogins } from '../accounts/logins.store.ts';
import { record } from '../audit/audit.store.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { Problem } from '../errors.ts';

export interface UserFilter {
  /** Part of an address or a nickname, or an id. */
  q: string | undefined;
  role: Schema['users']['role'] | undefined;
  blocked: boolean | undefined;
}

/** A user as administrators see them. */
export interface ManagedUser {
  id: number;
  email: string | null;
  email_verified_at: number | null;
  nickname: string;
  role: Schema['users']['role'];
  daily_limit: number | null;
  blocked_at: number | null;
  created_at: number;
  last_login: number | null;
  revision: number;
  used: number | null;
}

const columns = [
  'users.id',
  'users.email',
  'users.email_verified_at',
  'users.nickname',
  'users.role',
  'users.daily_limit',
  'users.blocked_at',
  'users.created_at',
  'users.last_login',
  'users.revision',
] as const;

function matching(db: Db, { q, role, blocked }: UserFilter) {
  let query = db.selectFrom('users');
  if (role !== undefined) query = query.where('users.role', '=', role);
  if (blocked !== undefined) query = query.where('users.blocked_at', blocked ? 'is not' : 'is', null);
  if (q) {
    const part = `%${q
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    query = query.where((row) =>
      row.or([
        sql<boolean>`users.email_key like ${part} escape '\\'`,
        sql<boolean>`lower(users.nickname) like ${part} escape '\\'`,
        ...(/^\d{1,15}$/.test(q) ? [row('users.id', '=', Number(q))] : []),
      ]),
    );
  }
  return query;
}

/** The newest first, each with what was used on `day`. */
export function listUsers(
  db: Db,
  args: { filter: UserFilter; day: string; limit: number; offset: number },
): Promise<ManagedUser[]> {
  return matching(db, args.filter)
    .leftJoin('daily_usage', (join) =>
      join.onRef('daily_usage.user_id', '=', 'users.id').on('daily_usage.day', '=', args.day),
    )
    .select([...columns, 'daily_usage.used'])
    .orderBy('users.id', 'desc')
    .limit(args.limit)
    .offset(args.offset)
    .execute();
}

export async function countUsers(db: Db, filter: UserFilter): Promise<number> {
  const row = await matching(db, filter)
    .select((users) => users.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

export function findManagedUser(db: Db, args: { id: number; day: string }): Promise<ManagedUser | undefined> {
  return db
    .selectFrom('users')
    .leftJoin('daily_usage', (join) =>
      join.onRef('daily_usage.user_id', '=', 'users.id').on('daily_usage.day', '=', args.day),
    )
    .select([...columns, 'daily_usage.used'])
    .where('users.id', '=', args.id)
    .executeTakeFirst();
}

export interface ManageUserArgs {
  id: number;
  actorId: number;
  role: Schema['users']['role'] | undefined;
  /** null: the server's own limit. */
  dailyLimit: number | null | undefined;
  blocked: boolean | undefined;
  /** The state that the administrator saw; undefined: whatever it is. */
  revision: number | undefined;
  now: number;
}

/**
 * Changes a user. Another role and a block end every login, so that no token keeps what it could do.
 * Throws `not_found`, `conflict` (changed since), `last_administrator`.
 */
export async function manageUser(trx: Trx, args: ManageUserArgs): Promise<void> {
  // Locks the administrators, so two of them can't take each other's role away at the same moment.
  const administrators = await trx
    .updateTable('users')
    .set({ role: 'administrator' })
    .where('role', '=', 'administrator')
    .where('blocked_at', 'is', null)
    .returning('id')
    .execute();
  // Whoever asks may have lost the role while waiting for that lock.
  if (!administrators.some(({ id }) => id === args.actorId)) throw new Problem('forbidden');
  const user = await trx
    .updateTable('users')
    .set((row) => ({ revision: row('revision', '+', 1) }))
    .where('id', '=', args.id)
    .returning(['role', 'daily_limit', 'blocked_at', 'revision'])
    .executeTakeFirst();
  if (!user) throw new Problem('not_found');
  if (args.revision !== undefined && user.revision !== args.revision + 1) throw new Problem('conflict');
  const leaves = args.role === 'member' || args.blocked === true;
  if (leaves && administrators.length === 1 && administrators[0]!.id === args.id) {
    throw new Problem('last_administrator');
  }
  await changeRole(trx, args, user.role);
  await changeLimit(trx, args, user.daily_limit);
  await changeBlock(trx, args, user.blocked_at !== null);
}

async function changeRole(trx: Trx, args: ManageUserArgs, before: ManageUserArgs['role']): Promise<void> {
  const { id, role, actorId, now } = args;
  if (role === undefined || role === before) return;
  await trx.updateTable('users').set({ role }).where('id', '=', id).execute();
  await trx.deleteFrom('logins').where('user_id', '=', id).execute();
  await record(trx, {
    at: now,
    actorId,
    subjectId: id,
    action: 'user.role_changed',
    detail: { from: before, to: role },
  });
}

async function changeLimit(trx: Trx, args: ManageUserArgs, before: number | null): Promise<void> {
  const { id, dailyLimit, actorId, now } = args;
  if (dailyLimit === undefined || dailyLimit === before) return;
  await trx.updateTable('users').set({ daily_limit: dailyLimit }).where('id', '=', id).execute();
  const detail = { from: before, to: dailyLimit };
  await record(trx, { at: now, actorId, subjectId: id, action: 'user.limit_changed', detail });
}

async function changeBlock(trx: Trx, args: ManageUserArgs, before: boolean): Promise<void> {
  const { id, blocked, actorId, now } = args;
  if (blocked === undefined || blocked === before) return;
  await trx
    .updateTable('users')
    .set({ blocked_at: blocked ? now : null })
    .where('id', '=', id)
    .execute();
  if (blocked) await trx.deleteFrom('logins').where('user_id', '=', id).execute();
  await record(trx, { at: now, actorId, subjectId: id, action: blocked ? 'user.blocked' : 'user.unblocked' });
}

/** Ends every login of a user. Throws `not_found`. */
export async function endUserLogins(trx: Trx, args: { id: number; actorId: number; now: number }): Promise<void> {
  const { id, actorId, now } = args;
  if (!(await lockUser(trx, id))) throw new Problem('not_found');
  await endLogins(trx, { userId: id, except: null });
  await record(trx, { at: now, actorId, subjectId: id, action: 'user.logins_ended' });
}

/** Makes the account of an address administrator, from the command line; false where there is none. */
export async function grantAdministrator(trx: Trx, args: { emailKey: string; now: number }): Promise<boolean> {
  const user = await trx
    .updateTable('users')
    .set((row) => ({ role: 'administrator', revision: row('revision', '+', 1) }))
    .where('email_key', '=', args.emailKey)
    .returning('id')
    .executeTakeFirst();
  if (!user) return false;
  await trx.deleteFrom('logins').where('user_id', '=', user.id).execute();
  await record(trx, { at: args.now, actorId: null, subjectId: user.id, action: 'administrator.granted' });
  return true;
}
