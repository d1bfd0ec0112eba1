import { Problem } from '../errors.ts';
import { currentDay } from '../db/clock.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';

export type UserRow = Pick<
  Schema['users'],
  'email' | 'nickname' | 'role' | 'created_at' | 'last_login' | 'blocked_at' | 'password_hash'
> & { id: number };

const userColumns = [
  'id',
  'email',
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

export interface NewLogin {
  tokenHash: string;
  /** Milliseconds UTC. */
  now: number;
  expiresAt: number;
  ipAddress: string;
  userAgent: string | null;
}

async function insertLogin(trx: Trx, userId: number, login: NewLogin): Promise<number> {
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

export interface JoinArgs {
  email: string;
  emailKey: string;
  /** Keyed hash of the address: finds what a deleted account of it has used today. */
  addressHash: string;
  nickname: string;
  passwordHash: string;
  /** The server is loopback only, so its first account administers it. */
  firstIsAdministrator: boolean;
  setupCodeHash: string | null;
  zone: string;
  login: NewLogin;
}

/** True for exactly one account: whoever writes the row first, or brings the setup code. */
async function becomesAdministrator(trx: Trx, args: JoinArgs): Promise<boolean> {
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

/** Makes an account and its first login. Throws `email_taken` and `setup_code_required`. */
export async function join(trx: Trx, args: JoinArgs): Promise<{ user: UserRow; loginId: number }> {
  const administrator = await becomesAdministrator(trx, args);
  const user = await trx
    .insertInto('users')
    .values({
      email: args.email,
      email_key: args.emailKey,
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
  if (!user) throw new Problem('email_taken');
  await takeOverUsage(trx, user.id, args);
  return { user, loginId: await insertLogin(trx, user.id, args.login) };
}

/** An account made again on the day it was deleted goes on with that day's count. */
async function takeOverUsage(trx: Trx, userId: number, args: JoinArgs): Promise<void> {
  const { day } = await currentDay(trx, args.zone);
  const departed = await trx
    .deleteFrom('departed_usage')
    .where('address_hash', '=', args.addressHash)
    .where('day', '=', day)
    .returning('used')
    .executeTakeFirst();
  if (departed) await trx.insertInto('daily_usage').values({ user_id: userId, day, used: departed.used }).execute();
}

export async function logIn(trx: Trx, args: { userId: number; login: NewLogin }): Promise<number> {
  await trx.updateTable('users').set({ last_login: args.login.now }).where('id', '=', args.userId).execute();
  return insertLogin(trx, args.userId, args.login);
}

export async function logOut(trx: Trx, args: { loginId: number }): Promise<void> {
  await trx.deleteFrom('logins').where('id', '=', args.loginId).execute();
}

/** Moves a login's idle expiry; called at most once a minute a login. */
export async function touchLogin(trx: Trx, args: { loginId: number; now: number }): Promise<void> {
  await trx.updateTable('logins').set({ last_seen_at: args.now }).where('id', '=', args.loginId).execute();
}

export interface ProfileChangeArgs {
  userId: number;
  /** The login that asks: the others end when the password changes. */
  loginId: number;
  nickname: string | undefined;
  email: { email: string; emailKey: string } | undefined;
  passwordHash: string | undefined;
}

/** Changes the given fields. Throws `email_taken`. */
export async function changeProfile(trx: Trx, args: ProfileChangeArgs): Promise<void> {
  if (args.email) {
    const holder = await findUserByEmail(trx, args.email.emailKey);
    if (holder && holder.id !== args.userId) throw new Problem('email_taken');
    await trx
      .updateTable('users')
      .set({ email: args.email.email, email_key: args.email.emailKey, email_verified_at: null })
      .where('id', '=', args.userId)
      .execute();
  }
  if (args.nickname !== undefined) {
    await trx.updateTable('users').set({ nickname: args.nickname }).where('id', '=', args.userId).execute();
  }
  if (args.passwordHash !== undefined) {
    await trx.updateTable('users').set({ password_hash: args.passwordHash }).where('id', '=', args.userId).execute();
    await trx.deleteFrom('logins').where('user_id', '=', args.userId).where('id', '!=', args.loginId).execute();
  }
}

export interface DeleteAccountArgs {
  userId: number;
  addressHash: string | null;
  /** Negative and random: stands in the ledger where the user's id was. */
  pseudonym: number;
  zone: string;
}

/** Deletes the account with everything it made. Throws `last_administrator`. */
export async function deleteAccount(trx: Trx, args: DeleteAccountArgs): Promise<void> {
  // An update that changes nothing locks the rows, so two administrators can't leave at the same moment.
  const administrators = await trx
    .updateTable('users')
    .set({ role: 'administrator' })
    .where('role', '=', 'administrator')
    .returning('id')
    .execute();
  if (administrators.length === 1 && administrators[0]?.id === args.userId) throw new Problem('last_administrator');
  // The row goes first: it waits for whatever the account has under way, and nothing new can begin after it.
  await trx.deleteFrom('users').where('id', '=', args.userId).execute();
  await keepUsage(trx, args);
  await trx.updateTable('ledger').set({ user_id: args.pseudonym }).where('user_id', '=', args.userId).execute();
  await trx.deleteFrom('daily_usage').where('user_id', '=', args.userId).execute();
  await trx.deleteFrom('idempotency_keys').where('user_id', '=', args.userId).execute();
}

/** Whether nobody else administers; asked before an account's work is stopped, decided in `deleteAccount`. */
export async function isLastAdministrator(db: Db, userId: number): Promise<boolean> {
  const administrators = await db.selectFrom('users').select('id').where('role', '=', 'administrator').execute();
  return administrators.length === 1 && administrators[0]?.id === userId;
}

async function keepUsage(trx: Trx, args: DeleteAccountArgs): Promise<void> {
  const { day } = await currentDay(trx, args.zone);
  await trx.deleteFrom('departed_usage').where('day', '<', day).execute();
  const usage = await trx
    .selectFrom('daily_usage')
    .select('used')
    .where('user_id', '=', args.userId)
    .where('day', '=', day)
    .executeTakeFirst();
  if (!usage || args.addressHash === null) return;
  await trx
    .insertInto('departed_usage')
    .values({ address_hash: args.addressHash, day, used: usage.used })
    .onConflict((conflict) => conflict.columns(['address_hash', 'day']).doUpdateSet({ used: usage.used }))
    .execute();
}

/** Keeps `value` under `name` unless there is one; gives what is kept. */
export async function keepSetting(trx: Trx, args: { name: string; value: string }): Promise<string> {
  await trx
    .insertInto('settings')
    .values(args)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await trx.selectFrom('settings').select('value').where('name', '=', args.name).executeTakeFirstOrThrow();
  return row.value;
}

/** Opens the setup code of the first administrator. False where a start before this one has done so, or there is one. */
export async function openSetup(trx: Trx, args: { codeHash: string }): Promise<boolean> {
  const administrator = await trx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'administrator')
    .executeTakeFirst();
  if (administrator) return false;
  const kept = await keepSetting(trx, { name: 'setup_code_made', value: args.codeHash });
  if (kept !== args.codeHash) return false;
  await keepSetting(trx, { name: 'setup_code', value: args.codeHash });
  return true;
}

/** Whether the setup code of the first administrator has not been used. */
export async function setupCodeIsOpen(db: Db): Promise<boolean> {
  const row = await db.selectFrom('settings').select('name').where('name', '=', 'setup_code').executeTakeFirst();
  return row !== undefined;
}
