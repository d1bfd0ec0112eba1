import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { Job } from '../jobs/jobs.store.ts';
import { ALL_TRIES, type Worker } from '../jobs/work-jobs.ts';
import { findUser, findUserByEmail, type UserRow } from './accounts.store.ts';
import type { MailJob } from './mail-jobs.store.ts';
import type { MailText } from './mail-texts.ts';
import type { Mailer } from './mail.ts';
import { keepMailToken } from './mail.store.ts';
import { newToken } from './token.ts';

const RESET_MS = 1_800_000;
const VERIFY_MS = 86_400_000;

export interface MailParts {
  config: Pick<Config, 'PUBLIC_URL'>;
  database: Database;
  clock: () => number;
  mailer: Mailer;
}

/** Sends the mails that transactions have left. Each try has a link of its own, and the newest one works. */
export function createMailWorker(parts: MailParts): Worker {
  return {
    tries: ALL_TRIES,
    work: async (job, signal) => {
      const mail = await write(parts, job);
      if (mail) await parts.mailer.deliver(mail.to, mail.text, signal);
    },
  };
}

/** undefined where there is nobody to write to any more, or nothing to say. */
async function write(parts: MailParts, { detail, userId }: Job): Promise<{ to: string; text: MailText } | undefined> {
  const { read } = parts.database;
  const mail = detail as MailJob;
  if (mail.about === 'verify') {
    const user = userId === null ? undefined : await findUser(read, userId);
    if (!user?.email || user.email_verified_at !== null) return undefined;
    const link = `${parts.config.PUBLIC_URL}/accounts/verify?token=${await issue(parts, user, 'verify')}`;
    return { to: user.email, text: { about: 'verify', link } };
  }
  if (mail.about === 'reset') {
    const user = await findUserByEmail(read, mail.emailKey);
    if (!user?.email || user.blocked_at !== null) return undefined;
    // Behind `#`, a browser tells it to no server, log or other page.
    const link = `${parts.config.PUBLIC_URL}/accounts/reset#token=${await issue(parts, user, 'reset')}`;
    return { to: user.email, text: { about: 'reset', link } };
  }
  return { to: mail.to, text: { about: mail.about } };
}

async function issue(parts: MailParts, user: UserRow, purpose: 'verify' | 'reset'): Promise<string> {
  const { token, tokenHash } = newToken();
  const now = parts.clock();
  const expiresAt = now + (purpose === 'reset' ? RESET_MS : VERIFY_MS);
  await parts.database.write(keepMailToken, {
    token: { token_hash: tokenHash, user_id: user.id, purpose, email_key: user.email_key!, expires_at: expiresAt },
    now,
  });
  return token;
}
