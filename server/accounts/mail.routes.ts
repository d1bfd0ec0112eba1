import { forgottenPassword, passwordReset, verification } from '#contracts/accounts.ts';
import { invalidField } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { prefersHtml } from '../http/faces.ts';
import { visitorOf } from '../http/visitor.ts';
import { administratorKeyOf, emailKeyOf, type AccountsParts } from './account-parts.ts';
import { findUser, findUserByEmail } from './accounts.store.ts';
import type { Mailer } from './mail.ts';
import { findResetOwner, keepMailToken, resetPassword, verifyEmail } from './mail.store.ts';
import { requireUncommon } from './new-password.ts';
import { hashPassword } from './password.ts';
import { hashToken, newToken } from './token.ts';

const RESET_MS = 1_800_000;
const VERIFY_MS = 86_400_000;
const tags = ['accounts'];

/** What needs a mail server: these routes are there only where one is set. */
export function addMailRoutes(app: App, parts: AccountsParts, mailer: Mailer): void {
  addForgotten(app, parts, mailer);
  addReset(app, parts, mailer);
  addVerification(app, parts);
}

/** Sends the link that verifies an address, where there is an address and a mail server. */
export async function sendVerification(
  parts: AccountsParts,
  user: { id: number; email: string | null | undefined },
): Promise<void> {
  if (!parts.mailer || !user.email) return;
  const token = await issue(parts, user.id, emailKeyOf(user.email), 'verify');
  parts.mailer.send(user.email, {
    about: 'verify',
    link: `${parts.config.PUBLIC_URL}/accounts/verify?token=${token}`,
  });
}

async function issue(
  parts: AccountsParts,
  userId: number,
  emailKey: string,
  purpose: 'verify' | 'reset',
): Promise<string> {
  const { token, tokenHash } = newToken();
  const now = parts.clock();
  const expiresAt = now + (purpose === 'reset' ? RESET_MS : VERIFY_MS);
  await parts.database.write(keepMailToken, {
    token: { token_hash: tokenHash, user_id: userId, purpose, email_key: emailKey, expires_at: expiresAt },
    now,
  });
  return token;
}

function addForgotten(app: App, parts: AccountsParts, mailer: Mailer): void {
  /** The answer is out by then: how long it took tells nobody whether there is such an account. */
  async function sendReset(emailKey: string): Promise<void> {
    const user = await findUserByEmail(parts.database.read, emailKey);
    if (!user?.email || user.blocked_at !== null) return;
    const token = await issue(parts, user.id, emailKey, 'reset');
    // Behind `#`, a browser tells it to no server, log or other page.
    mailer.send(user.email, { about: 'reset', link: `${parts.config.PUBLIC_URL}/accounts/reset#token=${token}` });
  }
  app.post(
    '/accounts/password/forgot',
    {
      schema: {
        tags,
        summary: 'Send a link for a new password, where the address has an account',
        body: forgottenPassword,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const emailKey = emailKeyOf(request.body.email);
      await parts.throttle.reset(emailKey, request.ip);
      setImmediate(() => {
        sendReset(emailKey).catch((error: unknown) => parts.logger.error({ err: error }, 'a reset could not be begun'));
      });
      return reply.code(204).send();
    },
  );
}

function addReset(app: App, parts: AccountsParts, mailer: Mailer): void {
  const { database, config } = parts;
  app.post(
    '/accounts/password/reset',
    {
      schema: {
        tags,
        summary: 'Set a new password with the token of the mail',
        body: passwordReset,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const proof = { tokenHash: hashToken(request.body.token), now: parts.clock() };
      const unknown = invalidField('token', 'was used before, is too old, or never was');
      const owner = await findResetOwner(database.read, proof);
      if (!owner) throw unknown;
      await requireUncommon(config, request.body.password, [owner.email, owner.nickname]);
      const passwordHash = await hashPassword(request.body.password);
      const administratorKey = administratorKeyOf(config);
      const account = await database.write(resetPassword, { ...proof, passwordHash, administratorKey });
      if (!account) throw unknown;
      if (account.email) mailer.send(account.email, { about: 'password_changed' });
      return reply.code(204).send();
    },
  );
}

function addVerification(app: App, parts: AccountsParts): void {
  const { database, config } = parts;
  app.get(
    '/accounts/verify',
    {
      schema: {
        tags,
        summary: 'Verify the address that the mail went to',
        querystring: verification,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const proof = { tokenHash: hashToken(request.query.token), now: parts.clock() };
      const verified = await database.write(verifyEmail, { ...proof, administratorKey: administratorKeyOf(config) });
      void reply.header('referrer-policy', 'no-referrer');
      if (prefersHtml(request)) {
        return reply.redirect(verified ? '/accounts/profile?verified=true' : '/accounts/login?error=link_expired', 303);
      }
      if (!verified) throw invalidField('token', 'was used before, is too old, or never was');
      return reply.code(204).send();
    },
  );
  app.post(
    '/accounts/verify',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'Send the verification again', response: answers({ 204: nothing }) },
    },
    async (request, reply) => {
      const user = await findUser(database.read, visitorOf(request).id);
      if (user?.email && user.email_verified_at === null) {
        await parts.throttle.reset(`verify ${user.id}`, request.ip);
        await sendVerification(parts, user);
      }
      return reply.code(204).send();
    },
  );
}
