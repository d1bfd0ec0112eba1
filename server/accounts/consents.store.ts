import type { Consent } from '#contracts/accounts.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';

/** Part of the transaction that makes an account. */
export async function insertConsents(
  trx: Trx,
  { userId, consents, now }: { userId: number; consents: Consent[]; now: number },
): Promise<void> {
  if (consents.length === 0) return;
  const rows = consents.map(({ name, href }) => ({ user_id: userId, name, href, given_at: now }));
  await trx.insertInto('consents').values(rows).execute();
}

export function listConsents(db: Db, userId: number): Promise<Omit<Schema['consents'], 'user_id'>[]> {
  return db
    .selectFrom('consents')
    .select(['name', 'href', 'given_at'])
    .where('user_id', '=', userId)
    .orderBy('name')
    .execute();
}
