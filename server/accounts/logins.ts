import type { Database } from '../db/database.ts';
import type { Identify } from '../http/visitor.ts';
import { findTokenOwner, logOut, touchLogin, type NewLogin } from './accounts.store.ts';
import { hashToken, newToken } from './token.ts';

export const DAY_MS = 86_400_000;
/** How far `last_seen_at` may lag, so that reading does not write every time. */
const TOUCH_AFTER_MS = 60_000;

/** A new token and the row that will know it. */
export function newLogin(from: {
  ipAddress: string;
  userAgent: string | undefined;
  now: number;
  lifetimeMs: number;
  replaces: string | null;
}): {
  token: string;
  login: NewLogin;
} {
  const { token, tokenHash } = newToken();
  const userAgent = from.userAgent?.slice(0, 300).toWellFormed() ?? null;
  const login = {
    tokenHash,
    now: from.now,
    expiresAt: from.now + from.lifetimeMs,
    ipAddress: from.ipAddress,
    userAgent,
    replaces: from.replaces,
  };
  return { token, login };
}

/** Finds the account behind a token in the database at every request, so an ended login is dead at once. */
export function identifyBy(database: Database, clock: () => number, idleDays: number): Identify {
  const idleMs = idleDays * DAY_MS;
  return async (token) => {
    const owner = await findTokenOwner(database.read, hashToken(token));
    if (!owner) return undefined;
    const now = clock();
    if (now >= owner.expires_at || now - owner.last_seen_at > idleMs) {
      await database.write(logOut, { loginId: owner.login_id });
      return undefined;
    }
    if (now - owner.last_seen_at > TOUCH_AFTER_MS) await database.write(touchLogin, { loginId: owner.login_id, now });
    const { id, email, nickname, role, login_id: loginId } = owner;
    return { id, email, nickname, role, loginId };
  };
}
