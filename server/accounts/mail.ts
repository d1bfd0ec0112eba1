import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import { writeMail, type MailText } from './mail-texts.ts';

export interface Mailer {
  /** Hands a mail to the mail server in the background: nobody waits, and a failure is logged. */
  send(to: string, mail: MailText): void;
  /** Hands a mail to the mail server; rejects where it does not take it. */
  deliver(to: string, mail: MailText): Promise<void>;
  /** Waits for what is being handed over. */
  close(): Promise<void>;
}

/** undefined where no mail server is set. */
export async function createMailer(config: Config, logger: FastifyBaseLogger): Promise<Mailer | undefined> {
  if (!config.SMTP_URL) return undefined;
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(config.SMTP_URL, {
    from: config.MAIL_FROM ?? `Daesa <no-reply@${new URL(config.PUBLIC_URL).hostname}>`,
  });
  const underWay = new Set<Promise<void>>();
  const deliver = async (to: string, mail: MailText) => {
    // As an object, so that no character of an address becomes a second recipient.
    await transport.sendMail({ to: { name: '', address: to }, ...writeMail(mail) });
  };
  return {
    deliver,
    send: (to, mail) => {
      const sent = deliver(to, mail)
        .catch((error: unknown) => {
          logger.error({ err: error instanceof Error ? error.message : String(error) }, 'a mail could not be sent');
        })
        .finally(() => underWay.delete(sent));
      underWay.add(sent);
    },
    close: async () => {
      await Promise.all(underWay);
      transport.close();
    },
  };
}
