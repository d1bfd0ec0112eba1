import { record } from '../audit/audit.store.ts';
import type { Schema, Trx } from '../db/schema.ts';
import { grantToChosen, lockUser } from './accounts.store.ts';
import { leaveMail } from './mail-jobs.store.ts';

/** A proof that was sent to an address; a new one makes earlier ones of its purpose void. */
export async function keepMailToken(trx: Trx, args: { token: Schema['mail_tokens']; now: number }): Promise<void> {
  const { token, now } = args;
  await lockUser(trx, token.user_id);
  await trx.deleteFrom('mail_tokens').where('expires_at', '<=', now).execute();
  await trx
    .deleteFrom('mail_tokens')
    .where('user_id', '=', token.user_id)
    .where('purpose', '=', token.purpose)
    .execute();
  await trx.insertInto('mail_tokens').values(token).execute();
}

/** Uses a proof up; undefined where it is unknown, used, too old, or for an address the account no longer has. */
async function takeMailToken(
  trx: Trx,
  args: { tokenHash: string; purpose: Schema['mail_tokens']['purpose']; now: number },
): Promise<{ userId: number; emailKey: string } | undefined> {
  const token = await trx
    .deleteFrom('mail_tokens')
    .where('token_hash', '=', args.tokenHash)
    .where('purpose', '=', args.purpose)
    .where('expires_at', '>', args.now)
    .returning(['user_id', 'email_key'])
    .executeTakeFirst();
  if (!token) return undefined;
  const user = await trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', token.user_id)
    .where('email_key', '=', token.email_key)
    .executeTakeFirst();
  return user && { userId: user.id, emailKey: token.email_key };
}

interface ProofArgs {
  tokenHash: string;
  administratorKey: string | null;
  now: number;
}

async function verify(
  trx: Trx,
  { userId, emailKey }: { userId: number; emailKey: string },
  { administratorKey, now }: ProofArgs,
): Promise<void> {
  const verified = await trx
    .updateTable('users')
    .set({ email_verified_at: now })
    .where('id', '=', userId)
    .where('email_verified_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (verified) await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'email.verified' });
  await grantToChosen(trx, { userId, emailKey, administratorKey });
}

/** The address is its owner's; false for a proof that is none. */
export async function verifyEmail(trx: Trx, args: ProofArgs): Promise<boolean> {
  const proof = await takeMailToken(trx, { ...args, purpose: 'verify' });
  if (proof) await verify(trx, proof, args);
  return proof !== undefined;
}

/** Sets a new password, ends every login and says so by mail; false for a proof that is none. */
export async function resetPassword(trx: Trx, args: ProofArgs & { passwordHash: string }): Promise<boolean> {
  const proof = await takeMailToken(trx, { ...args, purpose: 'reset' });
  if (!proof) return false;
  const { userId } = proof;
  await trx.deleteFrom('mail_tokens').where('user_id', '=', userId).where('purpose', '=', 'reset').execute();
  await trx.updateTable('users').set({ password_hash: args.passwordHash }).where('id', '=', userId).execute();
  await trx.deleteFrom('logins').where('user_id', '=', userId).execute();
  // The mail has come where it was sent, so the address is verified as well.
  await verify(trx, proof, args);
  await record(trx, { at: args.now, actorId: userId, subjectId: userId, action: 'password.reset' });
  const user = await trx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirst();
  if (user?.email) await leaveMail(trx, { userId, mail: { about: 'password_changed', to: user.email } });
  return true;
}

/** Whose password a proof would reset, if it were taken; asked before the password is hashed. */
export function findResetOwner(
  db: Pick<Trx, 'selectFrom'>,
  args: { tokenHash: string; now: number },
): Promise<{ email: string | null; nickname: string } | undefined> {
  return db
    .selectFrom('mail_tokens')
    .innerJoin('users', 'users.id', 'mail_tokens.user_id')
    .select(['users.email', 'users.nickname'])
    .where('token_hash', '=', args.tokenHash)
    .where('purpose', '=', 'reset')
    .where('expires_at', '>', args.now)
    .executeTakeFirst();
}
