import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { email as emailText, identities, linkStarted, providerName, type loginErrors } from '#contracts/accounts.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import { safeNext } from '#contracts/pages.ts';
import { nameText } from '#contracts/text.ts';
import type { Config } from '../config.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import {
  administratorKeyOf,
  emailKeyOf,
  identityHash,
  keyedHash,
  loginOf,
  setLoginCookie,
  toIso,
  type AccountsParts,
} from './account-parts.ts';
import type { Person, Provider } from './oauth-providers.ts';
import {
  ATTEMPT_MS,
  beginAttempt,
  linkIdentity,
  listIdentities,
  logInByProvider,
  takeAttempt,
  unlinkIdentity,
  type Attempt,
} from './oauth.store.ts';
import { hashToken } from './token.ts';

const tags = ['accounts'];
const params = z.object({ provider: providerName });

export function addOAuthRoutes(app: App, parts: AccountsParts): void {
  addStart(app, parts);
  addAnswer(app, parts);
  addIdentities(app, parts);
}

/** Marks the browser in which a login was begun; the answer counts there only. */
function oauthCookie(config: Config): string {
  return config.PUBLIC_URL.startsWith('https:') ? '__Host-daesa-oauth' : 'daesa-oauth';
}

function redirectUri(config: Config, provider: Provider): string {
  return `${config.PUBLIC_URL}/accounts/oauth/${provider.name}/callback`;
}

function findProvider(parts: AccountsParts, name: string): Provider {
  const provider = parts.providers.get(providerName.parse(name));
  if (!provider) throw new Problem('not_found');
  return provider;
}

/** Keeps what the answer will be checked against; gives where the browser goes. */
async function begin(
  parts: AccountsParts,
  request: FastifyRequest,
  reply: FastifyReply,
  provider: Provider,
  attempt: { next: string; loginId: number | null },
): Promise<URL> {
  const { config, clock } = parts;
  const cookie = oauthCookie(config);
  const known = request.cookies[cookie];
  // Kept from one attempt to the next, so that two tabs can be on their way at once.
  const browser = known && /^[\w-]{43}$/.test(known) ? known : randomBytes(32).toString('base64url');
  const begun = await provider.begin(redirectUri(config, provider));
  const now = clock();
  await parts.database.write(beginAttempt, {
    attempt: {
      state_hash: hashToken(begun.state),
      browser_hash: hashToken(browser),
      provider: provider.name,
      code_verifier: begun.verifier,
      nonce: begun.nonce,
      next: attempt.next,
      login_id: attempt.loginId,
      expires_at: now + ATTEMPT_MS,
    },
    now,
  });
  void reply.header('cache-control', 'no-store').setCookie(cookie, browser, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: config.PUBLIC_URL.startsWith('https:'),
    maxAge: ATTEMPT_MS / 1_000,
  });
  return begun.url;
}

function addStart(app: App, parts: AccountsParts): void {
  app.get(
    '/accounts/oauth/:provider',
    {
      schema: {
        tags,
        summary: 'Log in with a provider: redirects there',
        params,
        querystring: z.object({ next: z.string().max(4_000).optional().catch(undefined) }),
        response: answers({ 302: nothing }),
      },
    },
    async (request, reply) => {
      const provider = findProvider(parts, request.params.provider);
      const next = safeNext(request.query.next);
      try {
        await parts.throttle.oauth(request.ip);
        const url = await begin(parts, request, reply, provider, { next, loginId: null });
        return reply.redirect(url.href, 302);
      } catch (error) {
        logFailure(request, provider, error);
        return backToLogin(reply, next, error instanceof Problem ? error.code : 'login_failed');
      }
    },
  );
}

type LoginError = ErrorCode | (typeof loginErrors)[number];

function backToLogin(reply: FastifyReply, next: string, error: LoginError): FastifyReply {
  const kept = next === '/' ? '' : `&next=${encodeURIComponent(next)}`;
  return reply.header('cache-control', 'no-store').redirect(`/accounts/login?error=${error}${kept}`, 303);
}

/** Never the answer itself: it holds codes and tokens. */
function logFailure(request: FastifyRequest, provider: Provider, error: unknown): void {
  const { name, message } = error instanceof Error ? error : { name: 'unknown', message: String(error) };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  request.log.warn({ provider: provider.name, error: name, code, reason: message }, 'a login at a provider failed');
}

/** How a provider's answer ended: somebody is logged in, a provider is linked, or a sentence on the login page. */
type Ending =
  | { token: string; next: string }
  | { linked: string }
  | { error: LoginError; next: string; linking: boolean };

function addAnswer(app: App, parts: AccountsParts): void {
  app.get(
    '/accounts/oauth/:provider/callback',
    {
      schema: {
        tags,
        summary: 'Where a provider sends the browser back to',
        params,
        response: answers({ 303: nothing }),
      },
    },
    async (request, reply) => {
      const provider = findProvider(parts, request.params.provider);
      const ending = await answer(parts, request, provider);
      void reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
      if ('error' in ending) {
        if (ending.linking) return reply.redirect(`/accounts/profile?error=${ending.error}`, 303);
        return backToLogin(reply, ending.next, ending.error);
      }
      if ('linked' in ending) return reply.redirect(`/accounts/profile?linked=${ending.linked}`, 303);
      setLoginCookie(reply, parts.config, ending.token);
      return reply.redirect(ending.next, 303);
    },
  );
}

async function answer(parts: AccountsParts, request: FastifyRequest, provider: Provider): Promise<Ending> {
  let next = '/';
  let linking = false;
  try {
    const url = new URL(request.url, parts.config.PUBLIC_URL);
    const attempt = await parts.database.write(takeAttempt, {
      state_hash: hashToken(url.searchParams.get('state') ?? ''),
      browser_hash: hashToken(request.cookies[oauthCookie(parts.config)] ?? ''),
      provider: provider.name,
      now: parts.clock(),
    });
    if (!attempt) return { error: 'login_expired', next, linking };
    next = attempt.next;
    linking = attempt.login_id !== null;
    const refused = url.searchParams.get('error');
    if (refused !== null) {
      return { error: refused === 'access_denied' ? 'login_cancelled' : 'login_failed', next, linking };
    }
    const person = await finish(parts, provider, url, attempt);
    return await conclude(parts, request, provider, attempt, person);
  } catch (error) {
    logFailure(request, provider, error);
    return { error: error instanceof Problem ? error.code : 'login_failed', next, linking };
  }
}

function finish(parts: AccountsParts, provider: Provider, url: URL, attempt: Attempt): Promise<Person> {
  const answered = new URL(redirectUri(parts.config, provider));
  answered.search = url.search;
  const state = url.searchParams.get('state') ?? '';
  return provider.finish(answered, { state, verifier: attempt.code_verifier, nonce: attempt.nonce });
}

async function conclude(
  parts: AccountsParts,
  request: FastifyRequest,
  provider: Provider,
  attempt: Attempt & { user_id: number | null },
  person: Person,
): Promise<Ending> {
  const { config, database, secret } = parts;
  const identity = { provider: provider.name, subject: person.subject };
  if (attempt.user_id !== null) {
    await database.write(linkIdentity, { ...identity, userId: attempt.user_id, now: parts.clock() });
    return { linked: provider.name };
  }
  const { token, login } = loginOf(request, parts, 'cookie');
  const address = emailText.safeParse(person.email).data;
  const emailKey = address === undefined ? null : emailKeyOf(address);
  await database.write(logInByProvider, {
    ...identity,
    email: address && emailKey ? { email: address, emailKey, verified: person.emailVerified } : null,
    nickname: nameText(1, 40).safeParse([...(person.nickname ?? '')].slice(0, 40).join('')).data ?? 'user',
    login,
    firstIsAdministrator: config.loopbackOnly,
    administratorKey: administratorKeyOf(config),
    usageHashes: [identityHash(secret, identity), ...(emailKey ? [keyedHash(secret, emailKey)] : [])],
    zone: config.QUOTA_TIME_ZONE,
  });
  return { token, next: attempt.next };
}

function addIdentities(app: App, parts: AccountsParts): void {
  const { database } = parts;
  const config = { access: 'user' as const };
  app.get(
    '/accounts/identities',
    { config, schema: { tags, summary: 'The providers that are linked', response: answers({ 200: identities }) } },
    async (request) => {
      const rows = await listIdentities(database.read, visitorOf(request).id);
      return { identities: rows.map(({ provider, created_at: at }) => ({ provider, created_at: toIso(at) })) };
    },
  );

  // A POST, so that another site can't begin to link: with a cookie it has to come from a page of ours.
  app.post(
    '/accounts/identities/:provider',
    { config, schema: { tags, summary: 'Begin to link a provider', params, response: answers({ 201: linkStarted }) } },
    async (request, reply) => {
      const provider = findProvider(parts, request.params.provider);
      await parts.throttle.oauth(request.ip);
      const { loginId } = visitorOf(request);
      const url = await begin(parts, request, reply, provider, { next: '/accounts/profile', loginId });
      return reply.code(201).send({ href: url.href });
    },
  );

  app.delete(
    '/accounts/identities/:provider',
    { config, schema: { tags, summary: 'Unlink a provider', params, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      const { id: userId } = visitorOf(request);
      const { provider } = request.params;
      if (!(await database.write(unlinkIdentity, { userId, provider, now: parts.clock() }))) {
        throw new Problem('not_found');
      }
      return reply.code(204).send();
    },
  );
}
