import type { Consent } from '#contracts/accounts.ts';
import { Problem } from '../errors.ts';
import { record } from '../audit/audit.store.ts';
import { currentDay } from '../db/clock.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { insertConsents } from './consents.store.ts';
import { leaveMail } from './mail-jobs.store.ts';

export type UserRow = Pick<
  Schema['users'],
  | 'email'
  | 'email_key'
  | 'email_verified_at'
  | 'nickname'
  | 'role'
  | 'created_at'
  | 'last_login'
  | 'blocked_at'
  | 'password_hash'
> & { id: number };

const userColumns = [
  'id',
  'email',
  'email_key',
  'email_verified_at',
  'nickname',
  'role',
  'created_at',
  'last_login',
  'blocked_at',
  'password_hash',
] as const;

/** Who a token stands for, and the login it belongs to. */
export type TokenOwner = Pick<Schema['users'], 'email' | 'nickname' | 'role'> & {
  id: number;
  login_id: number;
  last_seen_at: number;
  expires_at: number;
};

const tokenOwner = statement<{ tokenHash: string }, TokenOwner>((db, { tokenHash }) =>
  db
    .selectFrom('logins')
    .innerJoin('users', 'users.id', 'logins.user_id')
    .select([
      'users.id',
      'users.email',
      'users.nickname',
      'users.role',
      'logins.id as login_id',
      'logins.last_seen_at',
      'logins.expires_at',
    ])
    .where('logins.token_hash', '=', tokenHash)
    .where('users.blocked_at', 'is', null),
);

/** The account behind a token; undefined where it was ended, its account is blocked, or it never was. */
export function findTokenOwner(db: Db, tokenHash: string): Promise<TokenOwner | undefined> {
  return tokenOwner.first(db, { tokenHash });
}

export function findUserByEmail(db: Db, emailKey: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').select(userColumns).where('email_key', '=', emailKey).executeTakeFirst();
}

export function findUser(db: Db, id: number): Promise<UserRow | undefined> {
  return db.selectFrom('users').select(userColumns).where('id', '=', id).executeTakeFirst();
}

/** Waits for whoever changes the account now: an update that changes nothing locks the row. Gives its password's hash. */
export function lockUser(trx: Trx, id: number): Promise<Pick<UserRow, 'password_hash'> | undefined> {
  return trx
    .updateTable('users')
    .set((row) => ({ password_hash: row.ref('password_hash') }))
    .where('id', '=', id)
    .returning('password_hash')
    .executeTakeFirst();
}

export interface NewLogin {
  tokenHash: string;
  /** Milliseconds UTC. */
  now: number;
  expiresAt: number;
  ipAddress: string;
  userAgent: string | null;
  /** Hash of the token that the same browser came with: one browser has one login. */
  replaces: string | null;
}

async function insertLogin(trx: Trx, userId: number, login: NewLogin): Promise<number> {
  if (login.replaces !== null) await trx.deleteFrom('logins').where('token_hash', '=', login.replaces).execute();
  const row = await trx
    .insertInto('logins')
    .values({
      user_id: userId,
      token_hash: login.tokenHash,
      created_at: login.now,
      last_seen_at: login.now,
      expires_at: login.expiresAt,
      ip_address: login.ipAddress,
      user_agent: login.userAgent,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

export interface NewUser {
  email: string | null;
  emailKey: string | null;
  emailVerifiedAt: number | null;
  /** Keyed hashes that find what a deleted account of this person has used today. */
  usageHashes: string[];
  nickname: string;
  passwordHash: string | null;
  /** The server is loopback only, so its first account administers it. */
  firstIsAdministrator: boolean;
  setupCodeHash: string | null;
  zone: string;
  login: NewLogin;
  /** What the person has agreed to. */
  consents: Consent[];
}

/** True for exactly one account: whoever writes the row first, or brings the setup code. */
async function becomesAdministrator(trx: Trx, args: NewUser): Promise<boolean> {
  if (args.setupCodeHash !== null) {
    const used = await trx
      .deleteFrom('settings')
      .where('name', '=', 'setup_code')
      .where('value', '=', args.setupCodeHash)
      .returning('name')
      .executeTakeFirst();
    if (!used) throw new Problem('setup_code_required');
    await claimFirst(trx, args.login.now);
    return true;
  }
  if (!args.firstIsAdministrator || !(await claimFirst(trx, args.login.now))) return false;
  // A server that has been public before may have accounts already: then this one is not the first.
  return !(await trx.selectFrom('users').select('id').limit(1).executeTakeFirst());
}

/** True for whoever writes the row; everybody after waits for that transaction to end. */
async function claimFirst(trx: Trx, now: number): Promise<boolean> {
  const claimed = await trx
    .insertInto('settings')
    .values({ name: 'first_administrator', value: String(now) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst();
  return claimed !== undefined;
}

/**
 * Makes an account and its first login. `verifies`: a mail asks whether the address is theirs.
 * Throws `email_taken` and `setup_code_required`.
 */
export async function join(
  trx: Trx,
  args: NewUser & { verifies: boolean },
): Promise<{ user: UserRow; loginId: number }> {
  const user = await insertUser(trx, args);
  if (args.verifies) await leaveMail(trx, { userId: user.id, mail: { about: 'verify' } });
  return { user, loginId: await insertLogin(trx, user.id, args.login) };
}

/** Makes an account, part of a transaction that also logs it in. Throws as `join` does. */
export async function insertUser(trx: Trx, args: NewUser): Promise<UserRow> {
  const administrator = await becomesAdministrator(trx, args);
  const user = await trx
    .insertInto('users')
    .values({
      email: args.email,
      email_key: args.emailKey,
      email_verified_at: args.emailVerifiedAt,
      nickname: args.nickname,
      password_hash: args.passwordHash,
      role: administrator ? 'administrator' : 'member',
      created_at: args.login.now,
      ip_address: args.login.ipAddress,
      last_login: args.login.now,
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning(userColumns)
    .executeTakeFirst();
  if (!user) throw new Problem('email_taken', undefined, { provider: await findProvider(trx, args.emailKey) });
  await takeOverUsage(trx, user.id, args);
  await insertConsents(trx, { userId: user.id, consents: args.consents, now: args.login.now });
  if (administrator) {
    const { id } = user;
    await record(trx, { at: args.login.now, actorId: null, subjectId: id, action: 'administrator.first' });
  }
  return user;
}

/** Who the account of an address logs in with, where it has no password: its owner may have forgotten. */
async function findProvider(trx: Trx, emailKey: string | null): Promise<string | undefined> {
  const identity = await trx
    .selectFrom('identities')
    .innerJoin('users', 'users.id', 'identities.user_id')
    .select('identities.provider')
    .where('users.email_key', '=', emailKey)
    .where('users.password_hash', 'is', null)
    .orderBy('identities.id')
    .executeTakeFirst();
  return identity?.provider;
}

/** The account of ADMIN_EMAIL becomes administrator when its address is verified; its other logins end. */
export async function grantToChosen(
  trx: Trx,
  args: { userId: number; emailKey: string | null; administratorKey: string | null },
): Promise<void> {
  const { userId, emailKey, administratorKey } = args;
  if (administratorKey === null || emailKey !== administratorKey) return;
  const granted = await trx
    .updateTable('users')
    .set((row) => ({ role: 'administrator', revision: row('revision', '+', 1) }))
    .where('id', '=', userId)
    .where('role', '!=', 'administrator')
    .returning('id')
    .executeTakeFirst();
  if (!granted) return;
  await trx.deleteFrom('logins').where('user_id', '=', userId).execute();
  await record(trx, { at: Date.now(), actorId: null, subjectId: userId, action: 'administrator.chosen' });
}

/** An account made again on the day it was deleted goes on with that day's count. */
async function takeOverUsage(trx: Trx, userId: number, args: NewUser): Promise<void> {
  const { day } = await currentDay(trx, args.zone);
  const departed = await trx
    .deleteFrom('departed_usage')
    .where('address_hash', 'in', args.usageHashes)
    .where('day', '=', day)
    .returning('used')
    .execute();
  const used = Math.max(0, ...departed.map((row) => row.used));
  if (used > 0) await trx.insertInto('daily_usage').values({ user_id: userId, day, used }).execute();
}

/**
 * Logs an account in; the login that `login.replaces` names ends with it. Throws for one that is gone or blocked,
 * or whose password is no longer the one that was checked.
 */
export async function logIn(
  trx: Trx,
  args: { userId: number; login: NewLogin; passwordHash?: string | null },
): Promise<number> {
  let update = trx
    .updateTable('users')
    .set({ last_login: args.login.now })
    .where('id', '=', args.userId)
    .where('blocked_at', 'is', null);
  if (args.passwordHash !== undefined) update = update.where('password_hash', '=', args.passwordHash);
  const user = await update.returning('id').executeTakeFirst();
  if (!user) throw new Problem('invalid_credentials');
  return insertLogin(trx, args.userId, args.login);
}

export async function logOut(trx: Trx, args: { loginId: number }): Promise<void> {
  await trx.deleteFrom('logins').where('id', '=', args.loginId).execute();
}

/** Moves a login's idle expiry; called at most once a minute a login. */
export async function touchLogin(trx: Trx, args: { loginId: number; now: number }): Promise<void> {
  await trx.updateTable('logins').set({ last_seen_at: args.now }).where('id', '=', args.loginId).execute();
}

/** Whether nobody else administers; asked before an account's work is stopped, decided in `deleteAccount`. */
export async function isLastAdministrator(db: Db, userId: number): Promise<boolean> {
  const administrators = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'administrator')
    .where('blocked_at', 'is', null)
    .execute();
  return administrators.length === 1 && administrators[0]?.id === userId;
}
