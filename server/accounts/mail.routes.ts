import { forgottenPassword, passwordReset, verification } from '#contracts/accounts.ts';
import { invalidField } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { prefersHtml } from '../http/faces.ts';
import { visitorOf } from '../http/visitor.ts';
import { administratorKeyOf, emailKeyOf, type AccountsParts } from './account-parts.ts';
import { findUser } from './accounts.store.ts';
import { leaveMail } from './mail-jobs.store.ts';
import { findResetOwner, resetPassword, verifyEmail } from './mail.store.ts';
import { requireUncommon } from './new-password.ts';
import { hashPassword } from './password.ts';
import { hashToken } from './token.ts';

const tags = ['accounts'];

/** What needs a mail server: these routes are there only where one is set. */
export function addMailRoutes(app: App, parts: AccountsParts): void {
  addForgotten(app, parts);
  addReset(app, parts);
  addVerification(app, parts);
}

function addForgotten(app: App, parts: AccountsParts): void {
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
      // Whether there is such an account is looked at later: how long this took tells nobody.
      await parts.database.write(leaveMail, { userId: null, mail: { about: 'reset', emailKey } });
      parts.wakeJobs();
      return reply.code(204).send();
    },
  );
}

function addReset(app: App, parts: AccountsParts): void {
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
      if (!(await database.write(resetPassword, { ...proof, passwordHash, administratorKey }))) throw unknown;
      parts.wakeJobs();
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
        await parts.database.write(leaveMail, { userId: user.id, mail: { about: 'verify' } });
        parts.wakeJobs();
      }
      return reply.code(204).send();
    },
  );
}
