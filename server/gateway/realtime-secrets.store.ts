import type { Db, Schema, Trx } from '../db/schema.ts';

export type SecretRow = Schema['realtime_secrets'];

/** Keeps a short-lived key, and forgets those that have ended. */
export async function keepSecret(trx: Trx, args: { row: SecretRow; now: number }): Promise<void> {
  await trx.deleteFrom('realtime_secrets').where('expires_at', '<=', args.now).execute();
  await trx.insertInto('realtime_secrets').values(args.row).execute();
}

export function findSecret(db: Db, args: { secretHash: string; now: number }): Promise<SecretRow | undefined> {
  return db
    .selectFrom('realtime_secrets')
    .selectAll()
    .where('secret_hash', '=', args.secretHash)
    .where('expires_at', '>', args.now)
    .executeTakeFirst();
}
