import { record } from '../audit/audit.store.ts';
import type { Trx } from '../db/schema.ts';
import { Problem } from '../errors.ts';
import { findUser, findUserByEmail, lockUser } from './accounts.store.ts';
import { leaveMail } from './mail-jobs.store.ts';

export interface ProfileChangeArgs {
  userId: number;
  /** The login that asks: the others end when the password changes. */
  loginId: number;
  nickname: string | undefined;
  email: { email: string; emailKey: string } | undefined;
  passwordHash: string | undefined;
  /** Whoever had the account before is told by mail of a new password or address. */
  tells: boolean;
  /** The hash of the password that was shown for this; undefined where none had to be. */
  checkedHash: string | null | undefined;
  now: number;
}

/** Changes the given fields. Throws `email_taken`, and `conflict` where the password shown is another one by now. */
export async function changeProfile(trx: Trx, args: ProfileChangeArgs): Promise<void> {
  const { userId, nickname, passwordHash, checkedHash, now } = args;
  if (checkedHash !== undefined && (await lockUser(trx, userId))?.password_hash !== checkedHash) {
    throw new Problem('conflict');
  }
  if (args.tells) await tellOwner(trx, args);
  if (args.email) await changeEmail(trx, { userId, now, ...args.email });
  if (nickname !== undefined) await trx.updateTable('users').set({ nickname }).where('id', '=', userId).execute();
  if (passwordHash !== undefined) {
    await trx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', userId).execute();
    await trx.deleteFrom('logins').where('user_id', '=', userId).where('id', '!=', args.loginId).execute();
    await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'password.changed' });
  }
}

/** Mails to the address before the change, and to the new one a question. */
async function tellOwner(trx: Trx, { userId, email, passwordHash }: ProfileChangeArgs): Promise<void> {
  const before = await findUser(trx, userId);
  const moved = email !== undefined && email.emailKey !== before?.email_key;
  if (before?.email) {
    const { email: to } = before;
    if (passwordHash !== undefined) await leaveMail(trx, { userId, mail: { about: 'password_changed', to } });
    if (moved) await leaveMail(trx, { userId, mail: { about: 'email_changed', to } });
  }
  if (moved) await leaveMail(trx, { userId, mail: { about: 'verify' } });
}

/** Another spelling of the same address keeps its verification. */
async function changeEmail(
  trx: Trx,
  { userId, email, emailKey, now }: { userId: number; email: string; emailKey: string; now: number },
): Promise<void> {
  const holder = await findUserByEmail(trx, emailKey);
  if (holder && holder.id !== userId) throw new Problem('email_taken');
  const same = holder !== undefined;
  await trx
    .updateTable('users')
    .set({ email, email_key: emailKey, ...(same ? {} : { email_verified_at: null }) })
    .where('id', '=', userId)
    .execute()
    .catch((error: unknown) => {
      // Somebody has taken the address since it was looked up.
      throw error instanceof Problem && error.code === 'conflict' ? new Problem('email_taken') : error;
    });
  if (same) return;
  await trx.deleteFrom('mail_tokens').where('user_id', '=', userId).execute();
  await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'email.changed' });
}
