import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { Problem } from '../errors.ts';

/** Who is asking, once a credential has been checked. */
export interface Visitor {
  id: number;
  email: string | null;
  nickname: string;
  role: 'member' | 'administrator';
  /** The login whose token came; null for an API key. */
  loginId: number | null;
  /** The API key that came, with what narrows its owner's rights. */
  key?: VisitingKey;
}

export interface VisitingKey {
  id: number;
  /** null: all. */
  models: string[] | null;
  tokensPerMinute: number | null;
  /** Nano-dollars a month. */
  monthlyBudget: number | null;
  responseCache: 'off' | 'own' | 'shared';
}

/** Who may call a route; every route declares one, and one hook checks it before the handler. */
export type Access =
  /** Nobody is asked who they are. */
  | 'open'
  /** A credential is read where one is given; without one the handler sees no visitor. */
  | 'anyone'
  | 'user'
  | 'administrator';

/** Finds who a token stands for; undefined for a token that is none. */
export type Identify = (token: string) => Promise<Visitor | undefined>;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    visitor: Visitor | undefined;
    /** What the visitor was found by. */
    credential: Credential | undefined;
    /** What the request asked of a model, for its log line. */
    spent: { model: string; tokens: number } | undefined;
  }
}

export type Credential = { token: string; via: 'header' | 'cookie' };

export function cookieName(config: Pick<Config, 'PUBLIC_URL'>): string {
  return config.PUBLIC_URL.startsWith('https:') ? '__Host-daesa' : 'daesa';
}

function bearer(header: string | string[]): Credential {
  const match = /^bearer ([\x21-\x7e]{1,512})$/i.exec(String(header));
  if (!match) throw new Problem('unauthenticated', 'The Authorization header takes: Bearer TOKEN.');
  return { token: match[1]!, via: 'header' };
}

/**
 * The one credential of a request: `Authorization`, then `Authentication`, then the cookie. The first
 * that is present decides alone; tokens in a query are never read.
 */
export function readCredential(request: FastifyRequest, cookie: string): Credential | undefined {
  const { authorization, authentication } = request.headers;
  if (authorization !== undefined) return bearer(authorization);
  if (authentication !== undefined) return bearer(authentication);
  const token = request.cookies[cookie];
  return token ? { token, via: 'cookie' } : undefined;
}

/** A browser sends cookies by itself, so a change asked for with one has to come from a page of ours. */
export function isOwnOrigin(request: FastifyRequest, origin: string | undefined, config: Config): boolean {
  // Only what a browser writes: `null`, a path or another scheme is no origin of a page.
  if (!origin || !/^https?:/.test(origin) || originOf(origin) !== origin) return false;
  const { host } = new URL(origin);
  const own = [request.headers.host?.toLowerCase(), new URL(config.PUBLIC_URL).host];
  return own.includes(host) || config.CORS_ORIGINS.includes(origin);
}

/** The origin of an address, a Referer say. */
export function originOf(address: string | undefined): string | undefined {
  return address !== undefined && URL.canParse(address) ? new URL(address).origin : undefined;
}

/** Where API keys work: asking models and reading what came of it; never accounts, keys or administration. */
const KEY_ROUTES = /^\/(v1|chat|sessions|models)(\/|$)/;

/** The gateway's clients send a bearer token; neither cookie nor the other header counts there. */
export function readBearer(request: FastifyRequest): Credential | undefined {
  const { authorization } = request.headers;
  const offered = request.headers['sec-websocket-protocol'];
  // A browser can't set headers on a WebSocket: OpenAI's clients name the key as a subprotocol.
  if (authorization === undefined && request.routeOptions.url === '/v1/realtime' && offered !== undefined) {
    const key = /(?:^|,)\s*openai-insecure-api-key\.([\w-]{1,512})/.exec(String(offered))?.[1];
    if (key !== undefined) return { token: key, via: 'header' };
  }
  return authorization === undefined ? undefined : bearer(authorization);
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The check before every handler: sets `request.visitor` or throws 401 and 403. */
export function checkAccess(config: Config, identify: Identify) {
  const cookie = cookieName(config);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const access = request.routeOptions.config.access ?? 'open';
    if (access === 'open') return;
    // What depends on who asks is kept nowhere on the way.
    void reply.header('cache-control', 'no-store');
    const route = request.routeOptions.url ?? '';
    const credential = route.startsWith('/v1/') ? readBearer(request) : readCredential(request, cookie);
    request.credential = credential;
    if (credential) {
      request.visitor = await identify(credential.token);
      if (!request.visitor) {
        // A browser can't drop the cookie itself, and would be locked out of what needs no login.
        if (credential.via === 'cookie') setSessionCookie(reply, config, '', 0);
        throw new Problem('unauthenticated', 'This login or key is not valid (any more).');
      }
      if (request.visitor.key && !KEY_ROUTES.test(route)) throw new Problem('forbidden', 'API keys do not work here.');
      if (credential.via === 'cookie' && !SAFE_METHODS.has(request.method)) {
        if (!isOwnOrigin(request, request.headers.origin, config)) throw new Problem('origin_refused');
      }
    }
    if (access !== 'anyone' && !request.visitor) throw new Problem('unauthenticated');
    if (access === 'administrator' && request.visitor?.role !== 'administrator') throw new Problem('forbidden');
  };
}

/** The visitor of a route that declares `user` or `administrator`. */
export function visitorOf(request: FastifyRequest): Visitor {
  if (!request.visitor) throw new Problem('unauthenticated');
  return request.visitor;
}

/** Gives the browser its session cookie. `maxAgeS` 0 takes it away. */
export function setSessionCookie(reply: FastifyReply, config: Config, token: string, maxAgeS: number): void {
  void reply.setCookie(cookieName(config), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: config.PUBLIC_URL.startsWith('https:'),
    maxAge: maxAgeS,
  });
}
