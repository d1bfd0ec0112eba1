import type { FastifyReply, FastifyRequest } from 'fastify';
import { joinBody, joinOptions, loggedIn, loginBody, loginOptions } from '#contracts/accounts.ts';
import type { Config } from '../config.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { prefersHtml } from '../http/faces.ts';
import { isOwnOrigin, originOf, setSessionCookie, visitorOf } from '../http/visitor.ts';
import { emailKeyOf, keyedHash, loginOf, requireSecondFactor, sendLogin, type AccountsParts } from './account-parts.ts';
import { findUserByEmail, join, logIn, logOut } from './accounts.store.ts';
import { consentsOf, requireConsents } from './consents.ts';
import { addIdentityRoutes } from './identities.routes.ts';
import { addLoginRoutes } from './logins.routes.ts';
import { addMailRoutes } from './mail.routes.ts';
import { addOAuthRoutes } from './oauth.routes.ts';
import { requireUncommon } from './new-password.ts';
import { checkPassword, hashPassword } from './password.ts';
import { addProfileRoutes } from './profile.routes.ts';
import { setupCodeIsOpen } from './setup.store.ts';
import { hashToken } from './token.ts';
import { addTwoFactorRoutes } from './two-factor.routes.ts';

export function addAccountRoutes(app: App, parts: AccountsParts): void {
  addJoin(app, parts);
  addLogin(app, parts);
  addLogout(app, parts);
  addProfileRoutes(app, parts);
  addOAuthRoutes(app, parts);
  addIdentityRoutes(app, parts);
  addLoginRoutes(app, parts);
  addTwoFactorRoutes(app, parts);
  if (parts.sendsMail) addMailRoutes(app, parts);
}

/** The providers that are set up, in the order of their buttons. */
function offeredBy({ providers }: AccountsParts) {
  return [...providers.keys()].map((name) => ({ name, href: `/accounts/oauth/${name}` }));
}

function addJoin(app: App, parts: AccountsParts): void {
  const { config, database } = parts;
  app.get(
    '/accounts/join',
    { schema: { tags: ['accounts'], summary: 'What joining needs', response: answers({ 200: joinOptions }) } },
    async () => ({
      fields: [
        { name: 'email', type: 'email', required: true },
        { name: 'password', type: 'password', required: true },
        { name: 'nickname', type: 'text', required: true },
      ],
      providers: offeredBy(parts),
      setup_code: await setupCodeIsOpen(database.read),
      consents: consentsOf(config),
    }),
  );

  app.post(
    '/accounts/join',
    {
      schema: { tags: ['accounts'], summary: 'Make an account', body: joinBody, response: answers({ 201: loggedIn }) },
    },
    async (request, reply) => {
      const { body } = request;
      const consents = consentsOf(config);
      requireConsents(consents, body.consents);
      await parts.throttle.join(request.ip);
      await requireUncommon(config, body.password, [body.email, body.nickname]);
      const emailKey = emailKeyOf(body.email);
      const { token, login } = loginOf(request, parts, body.session);
      const { user } = await database.write(join, {
        email: body.email,
        emailKey,
        emailVerifiedAt: null,
        usageHashes: [keyedHash(parts.secret, emailKey)],
        nickname: body.nickname,
        passwordHash: await hashPassword(body.password),
        firstIsAdministrator: config.loopbackOnly,
        setupCodeHash: body.setup_code ? hashToken(body.setup_code) : null,
        zone: config.QUOTA_TIME_ZONE,
        login,
        verifies: parts.sendsMail,
        consents,
      });
      parts.wakeJobs();
      return sendLogin(reply.code(201), parts, user, token, body.session);
    },
  );
}

function addLogin(app: App, parts: AccountsParts): void {
  const { database, throttle } = parts;
  app.get(
    '/accounts/login',
    { schema: { tags: ['accounts'], summary: 'The ways to log in', response: answers({ 200: loginOptions }) } },
    async () => ({
      fields: ['email', 'password'],
      methods: ['password', ...parts.providers.keys()],
      providers: offeredBy(parts),
      password_reset: parts.sendsMail,
      consents: consentsOf(parts.config),
    }),
  );

  app.post(
    '/accounts/login',
    {
      schema: {
        tags: ['accounts'],
        summary: 'Log in, for a token or a cookie',
        body: loginBody,
        response: answers({ 200: loggedIn }),
      },
    },
    async (request, reply) => {
      const emailKey = emailKeyOf(request.body.email);
      const succeeded = await throttle.login(emailKey, request.ip);
      const user = await findUserByEmail(database.read, emailKey);
      const matches = await checkPassword(request.body.password, user?.password_hash);
      if (!user || !matches) throw new Problem('invalid_credentials');
      if (user.blocked_at !== null) throw new Problem('blocked');
      const { session } = request.body;
      await requireSecondFactor(parts, user.id, request.body.otp);
      await succeeded();
      const { token, login } = loginOf(request, parts, session);
      await database.write(logIn, { userId: user.id, login, passwordHash: user.password_hash });
      return sendLogin(reply, parts, { ...user, last_login: login.now }, token, session);
    },
  );
}

function addLogout(app: App, parts: AccountsParts): void {
  const logout = async (request: FastifyRequest, reply: FastifyReply) => {
    const { loginId } = visitorOf(request);
    if (request.method === 'GET' && !request.headers.authorization && !request.headers.authentication) {
      if (!cameFromHere(request, parts.config)) throw new Problem('origin_refused');
    }
    if (loginId !== null) await parts.database.write(logOut, { loginId });
    setSessionCookie(reply, parts.config, '', 0);
    return prefersHtml(request) ? reply.redirect('/', 303) : reply.code(204).send();
  };
  const options = {
    config: { access: 'user' as const },
    schema: { tags: ['accounts'], summary: 'Log out: the token is void at once', response: answers({ 204: nothing }) },
  };
  app.get('/accounts/logout', options, logout);
  app.post('/accounts/logout', options, logout);
}

/** Whether a GET with a cookie was asked for by a page of ours or by the person, not by another site's link. */
function cameFromHere(request: FastifyRequest, config: Config): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return isOwnOrigin(request, request.headers.origin ?? originOf(request.headers.referer), config);
}
