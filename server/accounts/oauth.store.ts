import type { ProviderName } from '#contracts/accounts.ts';
import { record } from '../audit/audit.store.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { Problem } from '../errors.ts';
import {
  findUser,
  findUserByEmail,
  grantToChosen,
  insertUser,
  logIn,
  type NewLogin,
  type UserRow,
} from './accounts.store.ts';

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
  zone: string;
}

/**
 * Logs in the account of a provider's person, or makes it. An account that is there is linked only where both
 * sides have verified the address. Throws `email_taken`, `email_unverified`, `blocked`.
 */
export async function logInByProvider(trx: Trx, args: ProviderLoginArgs): Promise<{ userId: number; isNew: boolean }> {
  const { provider, subject, login } = args;
  const known = await trx
    .selectFrom('identities')
    .select('user_id')
    .where('provider', '=', provider)
    .where('subject', '=', subject)
    .executeTakeFirst();
  const user = known ? await findUser(trx, known.user_id) : await findByAddress(trx, args);
  if (user?.blocked_at != null) throw new Problem('blocked');
  if (!user) return { userId: await joinByProvider(trx, args), isNew: true };
  if (!known) await insertIdentity(trx, { userId: user.id, provider, subject, now: login.now });
  if (args.email?.verified && user.email_key === args.email.emailKey) {
    await grantToChosen(trx, { userId: user.id, emailKey: user.email_key, administratorKey: args.administratorKey });
  }
  await logIn(trx, { userId: user.id, login });
  return { userId: user.id, isNew: false };
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

async function joinByProvider(trx: Trx, args: ProviderLoginArgs): Promise<number> {
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
  return user.id;
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

/** Links a provider to the account that asked for it while logged in. Throws `identity_taken`. */
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
  // An update that changes nothing locks the row, so two providers can't go at the same moment.
  const user = await trx
    .updateTable('users')
    .set((row) => ({ password_hash: row.ref('password_hash') }))
    .where('id', '=', userId)
    .returning('password_hash')
    .executeTakeFirst();
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
