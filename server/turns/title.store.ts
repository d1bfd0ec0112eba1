import { databaseNow } from '../db/clock.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { leaveJob } from '../jobs/jobs.store.ts';
import type { Reservation, SpendLimits } from '../spend/reservation.ts';
import { refund, settle, type SettleArgs } from '../spend/settle.store.ts';
import { reserve } from '../spend/spend.store.ts';
import { HEARTBEAT_LOST_MS } from './instances.store.ts';

export interface Untitled {
  title: string;
  titled_by: 'message' | 'model' | 'user';
  /** The message that the title was taken from, and the answer to it. */
  messages: { role: Schema['messages']['role']; content: string }[];
}

const titleOfSession = statement<{ sessionId: number }, Pick<Untitled, 'title' | 'titled_by'>>((db, { sessionId }) =>
  db.selectFrom('sessions').select(['title', 'titled_by']).where('id', '=', sessionId),
);

/** A session with what its title could come from. */
export async function readUntitled(db: Db, sessionId: number): Promise<Untitled | undefined> {
  const session = await titleOfSession.first(db, { sessionId });
  if (!session) return undefined;
  const messages = await db
    .selectFrom('messages')
    .select(['role', 'content'])
    .where('session_id', '=', sessionId)
    .orderBy('id')
    .limit(6)
    .execute();
  return { ...session, messages };
}

export interface TitleJob {
  sessionId: number;
}

/** Leaves it to be done to give a session a title, where its first message is too long to be one. */
export async function leaveTitle(trx: Trx, args: { sessionId: number; userId: number }): Promise<void> {
  const { sessionId, userId } = args;
  const untitled = await trx
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', sessionId)
    .where('titled_by', '=', 'message')
    .where('title', '!=', (first) =>
      first
        .selectFrom('messages')
        .select('messages.content')
        .where('session_id', '=', sessionId)
        .orderBy('messages.id')
        .limit(1),
    )
    .executeTakeFirst();
  if (!untitled) return;
  const detail: TitleJob = { sessionId };
  await leaveJob(trx, { kind: 'title', userId, detail, subject: `title ${sessionId}` });
}

export interface ReserveTitleArgs {
  sessionId: number;
  userId: number;
  model: string;
  limits: SpendLimits;
  instanceId: string;
}

/** Reserves the request for a title: it costs money and no unit. Null where the title is not the first message's any more. */
export async function reserveTitle(trx: Trx, args: ReserveTitleArgs): Promise<Reservation | null> {
  const { sessionId, ...rest } = args;
  const session = await titleOfSession.first(trx, { sessionId });
  if (session?.titled_by !== 'message') return null;
  const { reservation } = await reserve(trx, { ...rest, purpose: 'title', units: 0 });
  return reservation;
}

/** Stores a title, unless there is one meanwhile, and what it has cost. An empty one is not asked for again. */
export async function storeTitle(
  trx: Trx,
  args: { sessionId: number; title: string; settlement: SettleArgs },
): Promise<void> {
  await trx
    .updateTable('sessions')
    .set({ titled_by: 'model', ...(args.title === '' ? {} : { title: args.title }) })
    .where('id', '=', args.sessionId)
    .where('titled_by', '=', 'message')
    .execute();
  await settle(trx, args.settlement);
}

export async function forgetTitle(trx: Trx, args: { reservationId: number; now: number }): Promise<void> {
  await refund(trx, args);
}

/** Gives back what the titles of stopped instances had set aside. `alone`: no other instance can be alive. */
export async function recoverTitles(
  trx: Trx,
  args: { instanceId: string; alone: boolean; now: number },
): Promise<number> {
  let query = trx
    .selectFrom('ledger')
    .select('id')
    .where('state', '=', 'reserved')
    .where('purpose', '=', 'title')
    .where('instance_id', '!=', args.instanceId);
  if (!args.alone) {
    const aliveSince = (await databaseNow(trx)) - HEARTBEAT_LOST_MS;
    query = query.where('instance_id', 'not in', (living) =>
      living.selectFrom('instances').select('instances.id').where('heartbeat_at', '>=', aliveSince),
    );
  }
  const left = await query.limit(100).execute();
  for (const { id: reservationId } of left) await refund(trx, { reservationId, now: args.now });
  return left.length;
}
