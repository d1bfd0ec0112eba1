import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { email as emailText, loggedInByCode, loginCode, providerName, type loginErrors } from '#contracts/accounts.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import { safeNext } from '#contracts/pages.ts';
import { nameText } from '#contracts/text.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import {
  administratorKeyOf,
  emailKeyOf,
  identityHash,
  keyedHash,
  loginOf,
  requireSecondFactor,
  sendLogin,
  setLoginCookie,
  type AccountsParts,
} from './account-parts.ts';
import { consentsOf } from './consents.ts';
import { findUser } from './accounts.store.ts';
import type { Person, Provider } from './oauth-providers.ts';
import {
  ATTEMPT_MS,
  beginAttempt,
  findBegunLogin,
  finishBegunLogin,
  linkIdentity,
  logInByProvider,
  takeAttempt,
  type Attempt,
  type ProviderLoginArgs,
} from './oauth.store.ts';
import { hashToken } from './token.ts';

const tags = ['accounts'];
export const providerParams = z.object({ provider: providerName });

export function addOAuthRoutes(app: App, parts: AccountsParts): void {
  addStart(app, parts);
  addAnswer(app, parts);
  addSecondStep(app, parts);
}

/** Marks the browser in which a login was begun; the answer counts there only. */
function oauthCookie(config: Config): string {
  return config.PUBLIC_URL.startsWith('https:') ? '__Host-daesa-oauth' : 'daesa-oauth';
}

function redirectUri(config: Config, provider: Provider): string {
  return `${config.PUBLIC_URL}/accounts/oauth/${provider.name}/callback`;
}

export function findProvider(parts: AccountsParts, name: string): Provider {
  const provider = parts.providers.get(providerName.parse(name));
  if (!provider) throw new Problem('not_found');
  return provider;
}

/** Keeps what the answer will be checked against; gives where the browser goes. */
export async function beginAtProvider(
  parts: AccountsParts,
  request: FastifyRequest,
  reply: FastifyReply,
  provider: Provider,
  attempt: { next: string; loginId: number | null },
): Promise<URL> {
  const { config, clock } = parts;
  const known = request.cookies[oauthCookie(config)];
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
  void reply.header('cache-control', 'no-store');
  setOAuthCookie(reply, config, browser);
  return begun.url;
}

function setOAuthCookie(reply: FastifyReply, config: Config, browser: string): void {
  void reply.setCookie(oauthCookie(config), browser, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: config.PUBLIC_URL.startsWith('https:'),
    maxAge: ATTEMPT_MS / 1_000,
  });
}

/** What the attempts of this browser are kept under. */
function browserHashOf(request: FastifyRequest, config: Config): string {
  return hashToken(request.cookies[oauthCookie(config)] ?? '');
}

function addStart(app: App, parts: AccountsParts): void {
  app.get(
    '/accounts/oauth/:provider',
    {
      schema: {
        tags,
        summary: 'Log in with a provider: redirects there',
        params: providerParams,
        querystring: z.object({ next: z.string().max(4_000).optional().catch(undefined) }),
        response: answers({ 302: nothing }),
      },
    },
    async (request, reply) => {
      const provider = findProvider(parts, request.params.provider);
      const next = safeNext(request.query.next);
      try {
        await parts.throttle.oauth(request.ip);
        const url = await beginAtProvider(parts, request, reply, provider, { next, loginId: null });
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

/** How a provider's answer ended: somebody is logged in or has to show a code, a provider is linked, or a sentence on the login page. */
type Ending =
  | { token: string; next: string }
  | { asksForCode: true }
  | { linked: string }
  | { error: LoginError; next: string; linking: boolean };

function addAnswer(app: App, parts: AccountsParts): void {
  app.get(
    '/accounts/oauth/:provider/callback',
    {
      schema: {
        tags,
        summary: 'Where a provider sends the browser back to',
        params: providerParams,
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
      if ('asksForCode' in ending) {
        // As long again as at the provider: the code may be on another device.
        setOAuthCookie(reply, parts.config, request.cookies[oauthCookie(parts.config)]!);
        return reply.redirect('/accounts/login/code', 303);
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
      browser_hash: browserHashOf(request, parts.config),
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
  const entered = await enterOnce(database, {
    ...identity,
    email: address && emailKey ? { email: address, emailKey, verified: person.emailVerified } : null,
    nickname: nameText(1, 40).safeParse([...(person.nickname ?? '')].slice(0, 40).join('')).data ?? 'user',
    login,
    firstIsAdministrator: config.loopbackOnly,
    administratorKey: administratorKeyOf(config),
    usageHashes: [identityHash(secret, identity), ...(emailKey ? [keyedHash(secret, emailKey)] : [])],
    consents: consentsOf(config),
    zone: config.QUOTA_TIME_ZONE,
    next: attempt.next,
    browserHash: attempt.browser_hash,
  });
  return entered ? { token, next: attempt.next } : { asksForCode: true };
}

/** Who comes from two tabs at once is one person: the second one finds the account that the first one has made. */
async function enterOnce({ write }: Database, args: ProviderLoginArgs): Promise<boolean> {
  try {
    return await write(logInByProvider, args);
  } catch (error) {
    const late = error instanceof Problem && (error.code === 'identity_taken' || error.code === 'email_taken');
    if (!late) throw error;
    return write(logInByProvider, args);
  }
}

/** The second step of a login with a provider, where the account has a second factor of ours. */
function addSecondStep(app: App, parts: AccountsParts): void {
  const { config, database } = parts;
  app.post(
    '/accounts/login/code',
    {
      schema: {
        tags,
        summary: 'Show the second factor after a login with a provider',
        body: loginCode,
        response: answers({ 200: loggedInByCode }),
      },
    },
    async (request, reply) => {
      const expired = new Problem('unauthenticated', 'This login has taken too long: begin again.');
      const place = { browserHash: browserHashOf(request, config), now: parts.clock() };
      const begun = await findBegunLogin(database.read, place);
      if (!begun) throw expired;
      await requireSecondFactor(parts, begun.user_id, request.body.otp);
      const { token, login } = loginOf(request, parts, 'cookie');
      const administratorKey = administratorKeyOf(config);
      if (!(await database.write(finishBegunLogin, { begun, login, administratorKey }))) throw expired;
      const user = await findUser(database.read, begun.user_id);
      return { ...(await sendLogin(reply, parts, user!, token, 'cookie')), next: begun.next };
    },
  );
}
