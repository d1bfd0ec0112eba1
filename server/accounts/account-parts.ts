import { createHmac } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Profile, ProviderName } from '#contracts/accounts.ts';
import type { Config } from '../config.ts';
import type { Database, Write } from '../db/database.ts';
import { invalidField, Problem } from '../errors.ts';
import { cookieName, setSessionCookie } from '../http/visitor.ts';
import { remaining } from '../spend/quota-headers.ts';
import type { SpendLimits } from '../spend/reservation.ts';
import { readQuota } from '../spend/spend.store.ts';
import { findUser, type UserRow } from './accounts.store.ts';
import type { OwnData } from './export.ts';
import { findLogin } from './logins.store.ts';
import { DAY_MS, newLogin } from './logins.ts';
import type { Provider } from './oauth-providers.ts';
import { checkPassword } from './password.ts';
import type { Throttle } from './throttle.ts';
import { hashToken } from './token.ts';
import { checkSecondFactor } from './two-factor.ts';

/** What an account leaves behind, and under which number. */
export interface Departure {
  userId: number;
  /** Negative and random: stands in ledger and audit log where the user's id was. */
  pseudonym: number;
  /** Keyed hashes that find today's count again when the same person joins today. */
  usageHashes: string[];
  /** Published pages stay, without their author. */
  keepPublished: boolean;
  zone: string;
}

export interface AccountsParts {
  config: Config;
  database: Database;
  throttle: Throttle;
  limits: SpendLimits;
  clock: () => number;
  /** The server's own secret, for keyed hashes. */
  secret: string;
  providers: Map<ProviderName, Provider>;
  /** Whether a mail server is set; what needs one is not there otherwise. */
  sendsMail: boolean;
  /** Has what a transaction has just left done at once. */
  wakeJobs: () => void;
  /** Ends what a user has under way, before the account goes. */
  stopGenerations: (userId: number) => Promise<void>;
  /** What each feature gives an account of its own data. */
  ownData: OwnData[];
  /** Deletes an account with what every feature keeps of it. Throws `last_administrator`. */
  leave: Write<Departure & { actorId: number; now: number }, void>;
}

/** Two spellings of one address are one account. */
export function emailKeyOf(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}

/** The address that becomes administrator once it is verified. */
export function administratorKeyOf(config: Config): string | null {
  return config.ADMIN_EMAIL ? emailKeyOf(config.ADMIN_EMAIL) : null;
}

/** What stands for an address, or for a provider's id of a person, where the thing itself must not be kept. */
export function keyedHash(secret: string, value: string): string {
  return createHmac('sha256', secret).update(value).digest('base64url');
}

export function identityHash(secret: string, identity: { provider: string; subject: string }): string {
  return keyedHash(secret, `${identity.provider} ${identity.subject}`);
}

/** A new login for whoever asks. `session` 'cookie': it takes the place of the one that the browser has. */
export function loginOf(request: FastifyRequest, parts: AccountsParts, session: 'cookie' | 'token' | undefined) {
  const earlier = session === 'cookie' ? request.cookies[cookieName(parts.config)] : undefined;
  return newLogin({
    replaces: earlier ? hashToken(earlier) : null,
    ipAddress: request.ip,
    userAgent: request.headers['user-agent'],
    now: parts.clock(),
    lifetimeMs: parts.config.LOGIN_LIFETIME_DAYS * DAY_MS,
  });
}

/** An account without a password shows that it is its owner by having logged in just now. */
const FRESH_LOGIN_MS = 600_000;

/** Whoever asks has to show once more who they are. Guessing here counts like guessing at login. */
export async function confirmOwner(
  parts: AccountsParts,
  request: FastifyRequest,
  password: string | undefined,
): Promise<UserRow> {
  const { id, loginId } = request.visitor ?? {};
  const user = id === undefined ? undefined : await findUser(parts.database.read, id);
  if (!user) throw new Problem('unauthenticated');
  if (user.password_hash === null) {
    const login = await findLogin(parts.database.read, { id: loginId ?? 0 });
    if (login && parts.clock() - login.created_at <= FRESH_LOGIN_MS) return user;
    throw new Problem('forbidden', 'Log in again first: this account has no password to ask for.');
  }
  if (password === undefined) throw invalidField('current_password', 'is needed for this');
  const succeeded = await parts.throttle.login(`user ${user.id}`, request.ip);
  if (!(await checkPassword(password, user.password_hash))) {
    throw invalidField('current_password', 'does not match');
  }
  await succeeded();
  return user;
}

/** Asked only of whoever knows the password or comes from a provider; until it is right, the try is not taken back. */
export async function requireSecondFactor(
  parts: AccountsParts,
  userId: number,
  otp: string | undefined,
): Promise<void> {
  const succeeded = otp ? await parts.throttle.code(userId) : undefined;
  const factor = await checkSecondFactor(parts.database, { userId, otp, now: parts.clock() });
  if (factor === 'missing') throw new Problem('otp_required');
  if (factor === 'wrong') throw new Problem('otp_required', 'This code is not right, or was used before.');
  await succeeded?.();
}

export function toIso(instant: number): string {
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

export async function readProfile(parts: AccountsParts, userId: number): Promise<Profile> {
  const user = await findUser(parts.database.read, userId);
  if (!user) throw new Problem('unauthenticated');
  return showProfile(parts, user);
}

export function setLoginCookie(reply: FastifyReply, config: Config, token: string): void {
  setSessionCookie(reply, config, token, (config.LOGIN_LIFETIME_DAYS * DAY_MS) / 1_000);
}

export async function sendLogin(
  reply: FastifyReply,
  parts: AccountsParts,
  user: UserRow,
  token: string,
  session: 'cookie' | 'token' | undefined,
) {
  const shown = await showProfile(parts, user);
  void reply.header('cache-control', 'no-store');
  if (session !== 'cookie') return { user: shown, token };
  setLoginCookie(reply, parts.config, token);
  return { user: shown };
}
