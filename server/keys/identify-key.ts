import type { Database } from '../db/database.ts';
import type { Identify, Visitor } from '../http/visitor.ts';
import { hashKey, isKey, isWellFormedKey } from './key-text.ts';
import { findKeyOwner, touchKey } from './keys.store.ts';

/** How far `last_used_at` may lag. */
const TOUCH_AFTER_MS = 60_000;

/** Finds the owner of an API key in the database at every request, so that a revoked one is dead at once. */
async function identifyKey(database: Database, clock: () => number, token: string): Promise<Visitor | undefined> {
  if (!isWellFormedKey(token)) return undefined;
  const owner = await findKeyOwner(database.read, hashKey(token));
  if (!owner) return undefined;
  const now = clock();
  if (owner.expires_at !== null && now >= owner.expires_at) return undefined;
  if (owner.last_used_at === null || now - owner.last_used_at > TOUCH_AFTER_MS) {
    await database.write(touchKey, { keyId: owner.key_id, now });
  }
  const { id, email, nickname, role } = owner;
  const key = {
    id: owner.key_id,
    models: owner.models === null ? null : (JSON.parse(owner.models) as string[]),
    tokensPerMinute: owner.tokens_per_minute,
    monthlyBudget: owner.monthly_budget,
    responseCache: owner.response_cache,
  };
  return { id, email, nickname, role, loginId: null, key };
}

/** Logins and API keys are both bearer tokens; the prefix tells them apart. */
export function identifyAlsoBy(keys: { database: Database; clock: () => number }, byLogin: Identify): Identify {
  return (token) => (isKey(token) ? identifyKey(keys.database, keys.clock, token) : byLogin(token));
}
