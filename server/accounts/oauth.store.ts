import type { Consent, ProviderName } from '#contracts/accounts.ts';
import { record } from '../audit/audit.store.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { Problem } from '../errors.ts';
import {
  findUser,
  findUserByEmail,
  grantToChosen,
  insertUser,
  lockUser,
  logIn,
  type NewLogin,
  type UserRow,
} from './accounts.store.ts';
import { findTwoFactor } from './two-factor.store.ts';

/** How long somebody may take at the provider. */
export const ATTEMPT_MS = 600_000;

export type Attempt = Schema['oauth_attempts'];

export async function beginAttempt(trx: Trx, args: { attempt: Attempt; now: number }): Promise<void> {
  await trx.deleteFrom('oauth_attempts').where('expires_at', '<=', args.now).execute();
  await trx.insertInto('oauth_attempts').values(args.attempt).execute();
}

/**
 * Takes the attempt that an answer belongs to; it is there once. undefined: unknown, replayed, too late, begun
 * in another browser or at another provider.
 */
export async function takeAttempt(
  trx: Trx,
  args: Pick<Attempt, 'state_hash' | 'browser_hash' | 'provider'> & { now: number },
): Promise<(Attempt & { user_id: number | null }) | undefined> {
  const attempt = await trx
    .deleteFrom('oauth_attempts')
    .where('state_hash', '=', args.state_hash)
    .where('browser_hash', '=', args.browser_hash)
    .where('provider', '=', args.provider)
    .where('expires_at', '>', args.now)
    .returningAll()
    .executeTakeFirst();
  if (!attempt) return undefined;
  if (attempt.login_id === null) return { ...attempt, user_id: null };
  const login = await trx.selectFrom('logins').select('user_id').where('id', '=', attempt.login_id).executeTakeFirst();
  return login && { ...attempt, user_id: login.user_id };
}

export interface ProviderLoginArgs {
  provider: ProviderName;
  subject: string;
  email: { email: string; emailKey: string; verified: boolean } | null;
  nickname: string;
  login: NewLogin;
  firstIsAdministrator: boolean;
  /** The address that becomes administrator once it is verified. */
  administratorKey: string | null;
  usageHashes: string[];
  consents: Consent[];
  zone: string;
  /** Where the browser goes afterwards, and what it is known by if it has to show a code first. */
  next: string;
  browserHash: string;
}

/**
 * Logs in the account of a provider's person, or makes it; false where the account has a second factor, which is
 * asked for first. An account that is there is linked only where both sides have verified the address. Throws
 * `email_taken`, `email_unverified`, `blocked`.
 */
export async function logInByProvider(trx: Trx, args: ProviderLoginArgs): Promise<boolean> {
  const { provider, subject, login } = args;
  const known = await trx
    .selectFrom('identities')
    .select('user_id')
    .where('provider', '=', provider)
    .where('subject', '=', subject)
    .executeTakeFirst();
  const user = known ? await findUser(trx, known.user_id) : await findByAddress(trx, args);
  if (user?.blocked_at != null) throw new Problem('blocked');
  if (!user) {
    await joinByProvider(trx, args);
    return true;
  }
  const emailKey = args.email?.verified ? args.email.emailKey : null;
  const person = { user_id: user.id, provider, subject, email_key: emailKey };
  if ((await findTwoFactor(trx, user.id))?.enabled_at != null) {
    await keepBegunLogin(trx, { ...person, browser_hash: args.browserHash, next: args.next }, login.now);
    return false;
  }
  await enter(trx, { person, login, administratorKey: args.administratorKey });
  return true;
}

type BegunLogin = Schema['begun_logins'];

/** Links the provider where it is not yet, and logs the account in. */
async function enter(
  trx: Trx,
  args: {
    person: Pick<BegunLogin, 'user_id' | 'provider' | 'subject' | 'email_key'>;
    login: NewLogin;
    administratorKey: string | null;
  },
): Promise<void> {
  const { user_id: userId, subject, email_key: emailKey } = args.person;
  const provider = args.person.provider as ProviderName;
  await linkIdentity(trx, { userId, provider, subject, now: args.login.now });
  const user = await findUser(trx, userId);
  if (emailKey !== null && user?.email_key === emailKey) {
    await grantToChosen(trx, { userId, emailKey, administratorKey: args.administratorKey });
  }
  await logIn(trx, { userId, login: args.login });
}

async function keepBegunLogin(trx: Trx, begun: Omit<BegunLogin, 'expires_at'>, now: number): Promise<void> {
  await trx.deleteFrom('begun_logins').where('expires_at', '<=', now).execute();
  const row = { ...begun, expires_at: now + ATTEMPT_MS };
  await trx
    .insertInto('begun_logins')
    .values(row)
    .onConflict((conflict) => conflict.column('browser_hash').doUpdateSet(row))
    .execute();
}

/** The login of a browser that has come back from a provider and has not shown its code. */
export function findBegunLogin(
  db: Db,
  { browserHash, now }: { browserHash: string; now: number },
): Promise<BegunLogin | undefined> {
  return db
    .selectFrom('begun_logins')
    .selectAll()
    .where('browser_hash', '=', browserHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
}

/** Ends a begun login: its code was right. False where it was ended meanwhile. Throws `invalid_credentials`, `identity_taken`. */
export async function finishBegunLogin(
  trx: Trx,
  args: { begun: BegunLogin; login: NewLogin; administratorKey: string | null },
): Promise<boolean> {
  const { begun, login, administratorKey } = args;
  const person = await trx
    .deleteFrom('begun_logins')
    .where('browser_hash', '=', begun.browser_hash)
    .where('user_id', '=', begun.user_id)
    .returningAll()
    .executeTakeFirst();
  if (!person) return false;
  await enter(trx, { person, login, administratorKey });
  return true;
}

/** The account that the provider's address leads to. */
async function findByAddress(trx: Trx, args: ProviderLoginArgs): Promise<UserRow | undefined> {
  if (!args.email) return undefined;
  const holder = await findUserByEmail(trx, args.email.emailKey);
  if (!holder) return undefined;
  if (!args.email.verified) throw new Problem('email_taken');
  if (holder.email_verified_at === null) throw new Problem('email_unverified');
  return holder;
}

async function joinByProvider(trx: Trx, args: ProviderLoginArgs): Promise<void> {
  const { provider, subject, login, email } = args;
  const user = await insertUser(trx, {
    email: email?.email ?? null,
    emailKey: email?.emailKey ?? null,
    emailVerifiedAt: email?.verified ? login.now : null,
    nickname: args.nickname,
    passwordHash: null,
    firstIsAdministrator: args.firstIsAdministrator,
    setupCodeHash: null,
    usageHashes: args.usageHashes,
    consents: args.consents,
    zone: args.zone,
    login,
  });
  await insertIdentity(trx, { userId: user.id, provider, subject, now: login.now });
  if (email?.verified) {
    await grantToChosen(trx, {
      userId: user.id,
      emailKey: email.emailKey,
      administratorKey: args.administratorKey,
    });
  }
  await logIn(trx, { userId: user.id, login });
}

interface NewIdentity {
  userId: number;
  provider: ProviderName;
  subject: string;
  now: number;
}

async function insertIdentity(trx: Trx, args: NewIdentity): Promise<void> {
  const { userId, provider, subject, now } = args;
  const inserted = await trx
    .insertInto('identities')
    .values({ user_id: userId, provider, subject, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!inserted) throw new Problem('identity_taken');
  await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'identity.linked', detail: { provider } });
}

/** Links a provider to an account, where it is not yet. Throws `identity_taken`. */
export async function linkIdentity(trx: Trx, args: NewIdentity): Promise<void> {
  const holder = await trx
    .selectFrom('identities')
    .select('user_id')
    .where('provider', '=', args.provider)
    .where('subject', '=', args.subject)
    .executeTakeFirst();
  if (holder?.user_id === args.userId) return;
  await insertIdentity(trx, args);
}

/** Takes a provider away; false where it was not linked. Throws `last_login_method`. */
export async function unlinkIdentity(
  trx: Trx,
  args: { userId: number; provider: ProviderName; now: number },
): Promise<boolean> {
  const { userId, provider, now } = args;
  // Locked, so that two providers can't go at the same moment.
  const user = await lockUser(trx, userId);
  const linked = await listIdentities(trx, userId);
  if (!linked.some((identity) => identity.provider === provider)) return false;
  if (linked.length === 1 && !user?.password_hash) throw new Problem('last_login_method');
  await trx.deleteFrom('identities').where('user_id', '=', userId).where('provider', '=', provider).execute();
  await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'identity.unlinked', detail: { provider } });
  return true;
}

export async function listIdentities(
  db: Db,
  userId: number,
): Promise<{ provider: ProviderName; subject: string; created_at: number }[]> {
  const rows = await db
    .selectFrom('identities')
    .select(['provider', 'subject', 'created_at'])
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  return rows as { provider: ProviderName; subject: string; created_at: number }[];
}
