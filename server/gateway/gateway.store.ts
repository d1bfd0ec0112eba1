import { Problem } from '../errors.ts';
import { sql } from 'kysely';
import type { Db, Trx } from '../db/schema.ts';
import { databaseNow } from '../db/clock.ts';
import { statement } from '../db/statement.ts';
import { refund, settle, type SettleArgs } from '../spend/settle.store.ts';
import { reserve, type ReserveArgs, type Reserved } from '../spend/spend.store.ts';

/** How long an Idempotency-Key is remembered. */
const KEPT_MS = 86_400_000;

export interface KeepClaim {
  route: string;
  key: string;
  bodyHash: string;
}

export interface KeptAnswer {
  contentType: string;
  /** Base64. */
  answer: string;
}

export type BegunCall = Reserved | { kept: KeptAnswer };

/** Reserves a call. With an Idempotency-Key that was answered before, gives that answer and takes nothing. */
export async function beginCall(
  trx: Trx,
  args: { reserve: ReserveArgs; keep: KeepClaim | null; now: number },
): Promise<BegunCall> {
  const { keep, now } = args;
  if (!keep) return reserve(trx, args.reserve);
  const { userId } = args.reserve;
  const kept = await claimKey(trx, userId, keep, now);
  if (kept) return { kept };
  const reserved = await reserve(trx, args.reserve);
  await trx
    .updateTable('kept_answers')
    .set({ reservation_id: reserved.reservation.id })
    .where('user_id', '=', userId)
    .where('route', '=', keep.route)
    .where('key', '=', keep.key)
    .execute();
  return reserved;
}

/** Takes the key for a new call, or gives what was answered under it. */
async function claimKey(trx: Trx, userId: number, claim: KeepClaim, now: number): Promise<KeptAnswer | undefined> {
  const { route, key, bodyHash } = claim;
  await trx
    .deleteFrom('kept_answers')
    .where('user_id', '=', userId)
    .where('created_at', '<', now - KEPT_MS)
    .execute();
  const claimed = await trx
    .insertInto('kept_answers')
    .values({ user_id: userId, route, key, body_hash: bodyHash, reservation_id: 0, created_at: now })
    .onConflict((conflict) => conflict.columns(['user_id', 'route', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst();
  if (claimed) return undefined;
  const first = await trx
    .selectFrom('kept_answers')
    .select(['body_hash', 'content_type', 'answer'])
    .where('user_id', '=', userId)
    .where('route', '=', route)
    .where('key', '=', key)
    .executeTakeFirst();
  if (first && first.body_hash !== bodyHash) throw new Problem('idempotency_mismatch');
  // No row: the first call has failed since the claim, and its key is free to be tried again.
  if (!first || first.answer === null || first.content_type === null) {
    throw new Problem('idempotency_running', undefined, { retryAfterS: 1 });
  }
  return { contentType: first.content_type, answer: first.answer };
}

export interface EndCallArgs {
  reservationId: number;
  /** null: nothing came, so everything that was taken goes back. */
  settle: Omit<SettleArgs, 'reservationId' | 'now'> | null;
  status: number | null;
  /** The answer to keep for the Idempotency-Key of the call; null frees the key. */
  kept: KeptAnswer | null;
  now: number;
}

const freeKept = statement<{ reservationId: number }, never>(
  (db, { reservationId }) => db.deleteFrom('kept_answers').where('reservation_id', '=', reservationId) as never,
);

/** Ends a call. False: it was ended before, and nothing has changed. */
export async function endCall(trx: Trx, args: EndCallArgs): Promise<boolean> {
  const { reservationId, now, status } = args;
  const ended = args.settle
    ? await settle(trx, { ...args.settle, status, reservationId, now })
    : await refund(trx, { reservationId, now, status });
  if (!ended) return false;
  if (!args.kept) {
    await freeKept.all(trx, { reservationId });
    return true;
  }
  await trx
    .updateTable('kept_answers')
    .set({ content_type: args.kept.contentType, answer: args.kept.answer })
    .where('reservation_id', '=', reservationId)
    .execute();
  return true;
}

export interface OrphanCall {
  id: number;
  begun_at: number | null;
  details: string | null;
}

/** Calls that no living instance carries; chat's turns are recovered with their generation. */
export async function findOrphanCalls(
  db: Db,
  args: { instanceId: string; alone: boolean; lostMs: number },
): Promise<OrphanCall[]> {
  let query = db
    .selectFrom('ledger')
    .select(['id', 'begun_at', 'details'])
    .where('state', '=', sql.lit('reserved'))
    .where('purpose', '=', 'gateway')
    .where('instance_id', '!=', args.instanceId)
    .limit(500);
  if (!args.alone) {
    const aliveSince = (await databaseNow(db)) - args.lostMs;
    query = query.where('instance_id', 'not in', (living) =>
      living.selectFrom('instances').select('instances.id').where('heartbeat_at', '>=', aliveSince),
    );
  }
  return query.execute();
}
