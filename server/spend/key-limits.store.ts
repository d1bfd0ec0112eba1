import { Problem } from '../errors.ts';
import type { Day } from '../db/clock.ts';
import type { Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';

/** What narrows the owner of a key, as it is at this moment. */
export interface KeyLimits {
  id: number;
  models: string | null;
  daily_requests: number | null;
  tokens_per_minute: number | null;
  monthly_budget: number | null;
  expires_at: number | null;
  token_level: number;
  token_level_at: number;
}

const keyLimits = statement<{ keyId: number; userId: number }, KeyLimits>((db, { keyId, userId }) =>
  db
    .selectFrom('api_keys')
    .select([
      'id',
      'models',
      'daily_requests',
      'tokens_per_minute',
      'monthly_budget',
      'expires_at',
      'token_level',
      'token_level_at',
    ])
    .where('id', '=', keyId)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null),
);

/** The limits of a key inside the transaction that uses it. Throws `unauthenticated` where it ended meanwhile. */
export async function readKeyLimits(trx: Trx, keyId: number, userId: number, now: number): Promise<KeyLimits> {
  const key = await keyLimits.first(trx, { keyId, userId });
  if (!key || (key.expires_at !== null && now >= key.expires_at)) throw new Problem('unauthenticated');
  return key;
}

/** Whether a list of models names this one; `gpt-5*` names all that begin so. */
export function allowsModel(models: readonly string[] | null, model: string): boolean {
  if (models === null) return true;
  return models.some((name) => (name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : name === model));
}

const takeKeyUnit = statement<{ keyId: number; day: string; limit: number; units: number }, { used: number }>(
  (db, { keyId, day, limit, units }) =>
    db
      .insertInto('key_daily_usage')
      .values({ key_id: keyId, day, used: units })
      .onConflict((conflict) =>
        conflict
          .columns(['key_id', 'day'])
          .doUpdateSet((row) => ({ used: row('key_daily_usage.used', '+', units) }))
          .where('key_daily_usage.used', '<', limit),
      )
      .returning('used'),
);

/** Takes one of the key's requests of today: how many it has used, or undefined where none is left. */
export async function takeOfKey(trx: Trx, key: KeyLimits, today: Day): Promise<number | undefined> {
  const limit = key.daily_requests ?? Number.MAX_SAFE_INTEGER;
  if (limit === 0) return undefined;
  return (await takeKeyUnit.first(trx, { keyId: key.id, day: today.day, limit, units: 1 }))?.used;
}

export async function giveBackToKey(
  trx: Trx,
  entry: Pick<Schema['ledger'], 'key_id' | 'day' | 'units'>,
): Promise<void> {
  if (entry.key_id === null || entry.units === 0) return;
  await trx
    .updateTable('key_daily_usage')
    .set((row) => ({ used: row('used', '-', entry.units) }))
    .where('key_id', '=', entry.key_id)
    .where('day', '=', entry.day)
    .where('used', '>=', entry.units)
    .execute();
}

/** How full the bucket of `tokens_per_minute` is: it drains by the limit in a minute. */
function levelAt(key: Pick<KeyLimits, 'token_level' | 'token_level_at'>, limit: number, now: number): number {
  const drained = (Math.max(0, now - key.token_level_at) * limit) / 60_000;
  return Math.max(0, Math.round(key.token_level - drained));
}

export interface TokenRoom {
  limit: number;
  remaining: number;
  /** Milliseconds until the bucket is empty again. */
  resetMs: number;
}

/** Takes `tokens` of the key's minute. Throws `rate_limited` where they do not fit now. */
export async function takeTokens(trx: Trx, keyId: number, tokens: number, now: number): Promise<TokenRoom | null> {
  // An update that changes nothing locks the row, so two requests do not read the same level.
  const key = await trx
    .updateTable('api_keys')
    .set({ id: keyId })
    .where('id', '=', keyId)
    .returning(['tokens_per_minute', 'token_level', 'token_level_at'])
    .executeTakeFirstOrThrow();
  const limit = key.tokens_per_minute;
  if (limit === null) return null;
  const level = levelAt(key, limit, now);
  if (level + tokens > limit) {
    const retryAfterS = Math.max(1, Math.ceil(((level + Math.min(tokens, limit) - limit) / limit) * 60));
    const detail =
      tokens > limit
        ? `This request may use ${tokens} tokens; this API key has ${limit} a minute.`
        : `This API key has ${limit} tokens a minute and ${Math.max(0, limit - level)} left; this request may use ${tokens}.`;
    throw new Problem('too_many_tokens', detail, { retryAfterS });
  }
  const next = level + tokens;
  await trx.updateTable('api_keys').set({ token_level: next, token_level_at: now }).where('id', '=', keyId).execute();
  return { limit, remaining: limit - next, resetMs: Math.ceil((next / limit) * 60_000) };
}

/** Corrects the bucket by what a call used more or less than it had taken. */
export async function correctTokens(trx: Trx, keyId: number, difference: number): Promise<void> {
  if (difference === 0) return;
  await trx
    .updateTable('api_keys')
    .set((row) => ({ token_level: row('token_level', '+', difference) }))
    .where('id', '=', keyId)
    .where('tokens_per_minute', 'is not', null)
    .execute();
}
