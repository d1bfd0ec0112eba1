import type { Trx } from '../db/schema.ts';
import { leaveJob } from '../jobs/jobs.store.ts';

/** A mail to be sent. What proves an address is made when it is: nothing stored is worth stealing. */
export type MailJob =
  /** To the address that the account has by then. */
  | { about: 'verify' }
  /** To whoever has the address then, if anybody has. */
  | { about: 'reset'; emailKey: string }
  | { about: 'password_changed' | 'email_changed'; to: string };

/** Leaves a mail to be sent once this transaction is stored. `userId` null: nobody knows yet whose address it is. */
export async function leaveMail(trx: Trx, { userId, mail }: { userId: number | null; mail: MailJob }): Promise<void> {
  await leaveJob(trx, { kind: 'mail', userId, detail: mail });
}

/** Takes back the mails about a new password that an account has asked for: they name it by its address. */
export async function forgetResets(trx: Trx, { userId }: { userId: number }): Promise<void> {
  const user = await trx.selectFrom('users').select('email_key').where('id', '=', userId).executeTakeFirst();
  if (!user?.email_key) return;
  const mail: MailJob = { about: 'reset', emailKey: user.email_key };
  await trx.deleteFrom('jobs').where('kind', '=', 'mail').where('detail', '=', JSON.stringify(mail)).execute();
}
