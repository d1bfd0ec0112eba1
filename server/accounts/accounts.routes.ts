import { createHmac, randomInt } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import {
  accountDeletion,
  joinBody,
  joinOptions,
  loggedIn,
  loginBody,
  loginOptions,
  profile,
  profileChange,
  type Profile,
} from '#contracts/accounts.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { invalidField, Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { prefersHtml } from '../http/faces.ts';
import { isOwnOrigin, originOf, setSessionCookie, visitorOf } from '../http/visitor.ts';
import { remaining } from '../spend/quota-headers.ts';
import type { SpendLimits } from '../spend/reservation.ts';
import { readQuota } from '../spend/spend.store.ts';
import {
  changeProfile,
  deleteAccount,
  findUser,
  findUserByEmail,
  isLastAdministrator,
  join,
  logIn,
  logOut,
  setupCodeIsOpen,
  type UserRow,
} from './accounts.store.ts';
import { LOGIN_LIFETIME_MS, newLogin } from './logins.ts';
import { checkPassword, hashPassword } from './password.ts';
import type { Throttle } from './throttle.ts';
import { hashToken } from './token.ts';

export interface AccountsParts {
  config: Config;
  database: Database;
  throttle: Throttle;
  limits: SpendLimits;
  clock: () => number;
  /** The server's own secret, for keyed hashes. */
  secret: string;
  /** Ends what a user has under way, before the account goes. */
  stopGenerations: (userId: number) => Promise<void>;
}

/** Two spellings of one address are one account. */
export function emailKeyOf(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}

export function addAccountRoutes(app: App, parts: AccountsParts): void {
  addJoin(app, parts);
  addLogin(app, parts);
  addLogout(app, parts);
  addProfile(app, parts);
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
      providers: [],
      setup_code: await setupCodeIsOpen(database.read),
    }),
  );

  app.post(
    '/accounts/join',
    {
      schema: { tags: ['accounts'], summary: 'Make an account', body: joinBody, response: answers({ 201: loggedIn }) },
    },
    async (request, reply) => {
      const { body } = request;
      await parts.throttle.join(request.ip);
      const emailKey = emailKeyOf(body.email);
      const { token, login } = loginOf(request, parts);
      const { user } = await database.write(join, {
        email: body.email,
        emailKey,
        addressHash: addressHash(parts.secret, emailKey),
        nickname: body.nickname,
        passwordHash: await hashPassword(body.password),
        firstIsAdministrator: config.loopbackOnly,
        setupCodeHash: body.setup_code ? hashToken(body.setup_code) : null,
        zone: config.QUOTA_TIME_ZONE,
        login,
      });
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
      methods: ['password'],
      providers: [],
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
      await succeeded();
      const { token, login } = loginOf(request, parts);
      await database.write(logIn, { userId: user.id, login });
      return sendLogin(reply, parts, { ...user, last_login: login.now }, token, request.body.session);
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

function addProfile(app: App, parts: AccountsParts): void {
  const { database } = parts;
  const config = { access: 'user' as const };

  app.get(
    '/accounts/profile',
    {
      config,
      schema: {
        tags: ['accounts'],
        summary: 'The own account, and what it may still ask today',
        response: answers({ 200: profile }),
      },
    },
    async (request) => readProfile(parts, visitorOf(request).id),
  );

  app.put(
    '/accounts/profile',
    {
      config,
      schema: {
        tags: ['accounts'],
        summary: 'Change any of the fields',
        body: profileChange,
        response: answers({ 200: profile }),
      },
    },
    async (request) => {
      const { id, loginId } = visitorOf(request);
      await database.write(changeProfile, {
        userId: id,
        loginId: loginId ?? 0,
        ...(await profileChanges(parts, request, id)),
      });
      return readProfile(parts, id);
    },
  );

  app.delete(
    '/accounts/profile',
    {
      config,
      schema: {
        tags: ['accounts'],
        summary: 'Delete the account with everything it made',
        body: accountDeletion.nullish(),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const user = await requirePassword(parts, request, visitorOf(request).id, request.body?.current_password);
      if (await isLastAdministrator(database.read, user.id)) throw new Problem('last_administrator');
      await parts.stopGenerations(user.id);
      await database.write(deleteAccount, {
        userId: user.id,
        addressHash: user.email === null ? null : addressHash(parts.secret, emailKeyOf(user.email)),
        pseudonym: -randomInt(1, 2 ** 47),
        zone: parts.config.QUOTA_TIME_ZONE,
      });
      setSessionCookie(reply, parts.config, '', 0);
      return reply.code(204).send();
    },
  );
}

/** Password and address change only with the current password. */
async function profileChanges(
  parts: AccountsParts,
  request: FastifyRequest<{ Body: z.infer<typeof profileChange> }>,
  userId: number,
) {
  const { nickname, email, password, current_password: current } = request.body;
  if (email !== undefined || password !== undefined) await requirePassword(parts, request, userId, current);
  return {
    nickname,
    email: email === undefined ? undefined : { email, emailKey: emailKeyOf(email) },
    passwordHash: password === undefined ? undefined : await hashPassword(password),
  };
}

/** Guessing here counts like guessing at login. */
async function requirePassword(
  parts: AccountsParts,
  request: FastifyRequest,
  userId: number,
  password: string | undefined,
): Promise<UserRow> {
  const user = await findUser(parts.database.read, userId);
  if (!user) throw new Problem('unauthenticated');
  if (password === undefined) throw invalidField('current_password', 'is needed for this');
  const succeeded = await parts.throttle.login(`user ${userId}`, request.ip);
  if (!(await checkPassword(password, user.password_hash))) {
    throw invalidField('current_password', 'does not match');
  }
  await succeeded();
  return user;
}

function addressHash(secret: string, emailKey: string): string {
  return createHmac('sha256', secret).update(emailKey).digest('base64url');
}

function loginOf(request: FastifyRequest, parts: AccountsParts) {
  return newLogin({ ipAddress: request.ip, userAgent: request.headers['user-agent'], now: parts.clock() });
}

function toIso(instant: number): string {
  return new Date(instant).toISOString();
}

async function showProfile(parts: AccountsParts, user: UserRow): Promise<Profile> {
  const quota = await readQuota(parts.database.read, { userId: user.id, limits: parts.limits });
  return {
    id: user.id,
    email: user.email,
    nickname: user.nickname,
    role: user.role,
    created_at: toIso(user.created_at),
    last_login: user.last_login === null ? null : toIso(user.last_login),
    quota: {
      limit: quota.limit,
      used: quota.used,
      remaining: remaining(quota),
      resets_at: toIso(quota.resetsAt),
      time_zone: parts.limits.zone,
    },
  };
}

async function readProfile(parts: AccountsParts, userId: number): Promise<Profile> {
  const user = await findUser(parts.database.read, userId);
  if (!user) throw new Problem('unauthenticated');
  return showProfile(parts, user);
}

async function sendLogin(
  reply: FastifyReply,
  parts: AccountsParts,
  user: UserRow,
  token: string,
  session: 'cookie' | 'token' | undefined,
) {
  const shown = await showProfile(parts, user);
  void reply.header('cache-control', 'no-store');
  if (session !== 'cookie') return { user: shown, token };
  setSessionCookie(reply, parts.config, token, LOGIN_LIFETIME_MS / 1_000);
  return { user: shown };
}
