import { record } from '../audit/audit.store.ts';
import type { Db, Trx } from '../db/schema.ts';
import { Problem } from '../errors.ts';
import { lockUser } from './accounts.store.ts';

export interface TwoFactor {
  secret: string;
  enabled_at: number | null;
}

export function findTwoFactor(db: Db, userId: number): Promise<TwoFactor | undefined> {
  return db.selectFrom('two_factor').select(['secret', 'enabled_at']).where('user_id', '=', userId).executeTakeFirst();
}

export async function countRecoveryCodes(db: Db, userId: number): Promise<number> {
  const row = await db
    .selectFrom('recovery_codes')
    .select((codes) => codes.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Keeps a secret that counts once a code of it has been shown. Throws `conflict` where one counts already. */
export async function beginTwoFactor(trx: Trx, args: { userId: number; secret: string }): Promise<void> {
  const kept = await trx
    .insertInto('two_factor')
    .values({ user_id: args.userId, secret: args.secret, last_step: 0 })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet({ secret: args.secret, last_step: 0 })
        .where('two_factor.enabled_at', 'is', null),
    )
    .returning('user_id')
    .executeTakeFirst();
  if (!kept) throw new Problem('conflict', 'Two-factor login is on already.');
}

/** Turns it on with the first code; false where that secret is gone or was turned on meanwhile. */
export async function enableTwoFactor(
  trx: Trx,
  args: { userId: number; secret: string; step: number; codeHashes: string[]; now: number },
): Promise<boolean> {
  const { userId, now } = args;
  const enabled = await trx
    .updateTable('two_factor')
    .set({ enabled_at: now, last_step: args.step })
    .where('user_id', '=', userId)
    .where('secret', '=', args.secret)
    .where('enabled_at', 'is', null)
    .returning('user_id')
    .executeTakeFirst();
  if (!enabled) return false;
  await replaceRecoveryCodes(trx, args);
  await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'two_factor.enabled' });
  return true;
}

export async function replaceRecoveryCodes(trx: Trx, args: { userId: number; codeHashes: string[] }): Promise<void> {
  await lockUser(trx, args.userId);
  await trx.deleteFrom('recovery_codes').where('user_id', '=', args.userId).execute();
  const rows = args.codeHashes.map((hash) => ({ user_id: args.userId, code_hash: hash }));
  await trx.insertInto('recovery_codes').values(rows).execute();
}

export async function disableTwoFactor(trx: Trx, args: { userId: number; now: number }): Promise<void> {
  const { userId, now } = args;
  const gone = await trx
    .deleteFrom('two_factor')
    .where('user_id', '=', userId)
    .returning('enabled_at')
    .executeTakeFirst();
  await trx.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
  if (gone?.enabled_at != null) {
    await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'two_factor.disabled' });
  }
}

/** Uses up the code of a time step: neither it nor an earlier one is taken again. */
export async function useStep(trx: Trx, args: { userId: number; step: number }): Promise<boolean> {
  const used = await trx
    .updateTable('two_factor')
    .set({ last_step: args.step })
    .where('user_id', '=', args.userId)
    .where('last_step', '<', args.step)
    .returning('user_id')
    .executeTakeFirst();
  return used !== undefined;
}

export async function useRecoveryCode(
  trx: Trx,
  args: { userId: number; codeHash: string; now: number },
): Promise<boolean> {
  const { userId, codeHash, now } = args;
  const used = await trx
    .deleteFrom('recovery_codes')
    .where('user_id', '=', userId)
    .where('code_hash', '=', codeHash)
    .returning('user_id')
    .executeTakeFirst();
  if (used) await record(trx, { at: now, actorId: userId, subjectId: userId, action: 'two_factor.recovery_code_used' });
  return used !== undefined;
}
