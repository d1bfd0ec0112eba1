import { aborted } from '../aborted.ts';
import type { Config } from '../config.ts';
import { writeMail, type MailText } from './mail-texts.ts';

export interface Mailer {
  /** Hands a mail to the mail server; rejects where it does not take it, or `signal` says that nobody waits. */
  deliver(to: string, mail: MailText, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** A mail server that is silent for so long is away: the mail is tried again later. */
const SILENT_MS = 10_000;

/** undefined where no mail server is set. */
export async function createMailer(config: Config): Promise<Mailer | undefined> {
  if (!config.SMTP_URL) return undefined;
  const { createTransport } = await import('nodemailer');
  const limits = { connectionTimeout: SILENT_MS, greetingTimeout: SILENT_MS, socketTimeout: 2 * SILENT_MS };
  const transport = createTransport(
    { url: config.SMTP_URL, ...limits },
    { from: config.MAIL_FROM ?? `Daesa <no-reply@${new URL(config.PUBLIC_URL).hostname}>` },
  );
  return {
    deliver: async (to, mail, signal) => {
      // As an object, so that no character of an address becomes a second recipient.
      const sending = transport.sendMail({ to: { name: '', address: to }, ...writeMail(mail) });
      await Promise.race([sending, aborted(signal)]);
    },
    close: () => transport.close(),
  };
}
