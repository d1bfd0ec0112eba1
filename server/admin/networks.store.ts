import { record } from '../audit/audit.store.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';

export type NetworkRow = Omit<Schema['blocked_networks'], 'id'> & { id: number };

const columns = ['id', 'cidr', 'reason', 'automatic', 'created_at', 'expires_at'] as const;

function open(db: Db, now: number) {
  return db
    .selectFrom('blocked_networks')
    .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', now)]));
}

export function listNetworks(db: Db, args: { now: number; limit: number; offset: number }): Promise<NetworkRow[]> {
  return open(db, args.now).select(columns).orderBy('id', 'desc').limit(args.limit).offset(args.offset).execute();
}

export async function countNetworks(db: Db, now: number): Promise<number> {
  const row = await open(db, now)
    .select((networks) => networks.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function readBlockedCidrs(db: Db, now: number): Promise<string[]> {
  const rows = await open(db, now).select('cidr').orderBy('id').execute();
  return rows.map(({ cidr }) => cidr);
}

export interface BlockNetworkArgs {
  cidr: string;
  reason: string;
  expiresAt: number | null;
  /** null: blocked by itself. */
  actorId: number | null;
  now: number;
}

/** Blocks a network. One that is blocked already gets the new reason and end; by itself only where nobody has decided. */
export async function blockNetwork(trx: Trx, args: BlockNetworkArgs): Promise<NetworkRow | undefined> {
  const { cidr, reason, expiresAt, actorId, now } = args;
  await trx.deleteFrom('blocked_networks').where('expires_at', '<=', now).execute();
  const automatic = actorId === null ? 1 : 0;
  const blocked = await trx
    .insertInto('blocked_networks')
    .values({ cidr, reason, automatic, created_at: now, expires_at: expiresAt })
    .onConflict((conflict) => {
      const change = conflict.column('cidr').doUpdateSet({ reason, automatic, expires_at: expiresAt });
      return actorId === null ? change.where('blocked_networks.automatic', '=', 1) : change;
    })
    .returning(columns)
    .executeTakeFirst();
  if (blocked) {
    const detail = { network: blocked.id, automatic: actorId === null, expires_at: expiresAt };
    await record(trx, { at: now, actorId, subjectId: null, action: 'network.blocked', detail });
  }
  return blocked;
}

export async function unblockNetwork(trx: Trx, args: { id: number; actorId: number; now: number }): Promise<boolean> {
  const gone = await trx.deleteFrom('blocked_networks').where('id', '=', args.id).returning('id').executeTakeFirst();
  if (!gone) return false;
  const { actorId, now: at } = args;
  await record(trx, { at, actorId, subjectId: null, action: 'network.unblocked', detail: { network: args.id } });
  return true;
}
