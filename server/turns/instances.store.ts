import { sql } from 'kysely';
import { databaseNow } from '../db/clock.ts';
import type { Db, Trx } from '../db/schema.ts';

/** An instance is dead when its last heartbeat is older than this. */
export const HEARTBEAT_LOST_MS = 15_000;

/** After a day nothing of an instance is left to end, so nobody asks for it any more. */
const FORGOTTEN_MS = 86_400_000;

/** Says that this instance lives, by the database's clock, and forgets those that have not for long. */
export async function beat(trx: Trx, args: { instanceId: string }): Promise<void> {
  const now = await databaseNow(trx);
  await trx
    .insertInto('instances')
    .values({ id: args.instanceId, started_at: now, heartbeat_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ heartbeat_at: now }))
    .execute();
  await trx
    .deleteFrom('instances')
    .where('heartbeat_at', '<', now - FORGOTTEN_MS)
    .execute();
}

/** What an instance left behind, as `finishGeneration` wants it, less what has to be counted. */
export interface Orphan {
  generationId: string;
  promptId: number;
  sessionId: number;
  userId: number;
  reservationId: number;
  replyId: number | null;
  prompt: string;
  text: string;
  model: string;
}

/**
 * Generations that no living instance writes. `alone`: this process is the only one there can be
 * (the embedded database), so every other instance is dead whatever its heartbeat says.
 */
export async function findOrphans(db: Db, args: { instanceId: string; alone: boolean }): Promise<Orphan[]> {
  const query = selectRunning(db).where('generations.instance_id', '!=', args.instanceId).limit(500);
  if (args.alone) return query.execute();
  const aliveSince = (await databaseNow(db)) - HEARTBEAT_LOST_MS;
  return query
    .where('generations.instance_id', 'not in', (living) =>
      living.selectFrom('instances').select('instances.id').where('heartbeat_at', '>=', aliveSince),
    )
    .execute();
}

/** What is stored as being written by this instance, and is not known to it: the answer to a commit was lost. */
export async function findUnknown(
  db: Db,
  args: { instanceId: string; knows: (id: string) => boolean },
): Promise<Orphan[]> {
  const own = await db
    .selectFrom('generations')
    .select('id')
    .where('state', '=', sql.lit('running'))
    .where('instance_id', '=', args.instanceId)
    .execute();
  const unknown = own.map(({ id }) => id).filter((id) => !args.knows(id));
  if (unknown.length === 0) return [];
  return selectRunning(db).where('generations.id', 'in', unknown.slice(0, 500)).execute();
}

function selectRunning(db: Db) {
  return db
    .selectFrom('generations')
    .innerJoin('messages as prompt', 'prompt.id', 'generations.prompt_id')
    .leftJoin('messages as reply', 'reply.id', 'generations.reply_id')
    .select([
      'generations.id as generationId',
      'generations.prompt_id as promptId',
      'generations.session_id as sessionId',
      'generations.user_id as userId',
      'generations.reservation_id as reservationId',
      'generations.reply_id as replyId',
      'prompt.content as prompt',
      (row) => row.fn.coalesce('reply.content', sql.lit('')).as('text'),
      (row) => row.fn.coalesce('reply.model', sql.lit('')).as('model'),
    ])
    .where('generations.state', '=', sql.lit('running'));
}

/** Which generations: all of a user, one of them, or those of one prompt or session. */
export interface GenerationFilter {
  userId: number;
  id?: string;
  promptId?: number;
  sessionId?: number;
}

/** Asks the other instances to stop what they write; each looks every second. Gives how many there are. */
export async function requestStop(trx: Trx, args: GenerationFilter & { instanceId: string }): Promise<number> {
  const asked = await trx
    .updateTable('generations')
    .set({ stop_requested: 1 })
    .where('state', '=', sql.lit('running'))
    .where('instance_id', '!=', args.instanceId)
    .where('user_id', '=', args.userId)
    .$if(args.id !== undefined, (query) => query.where('id', '=', args.id!))
    .$if(args.promptId !== undefined, (query) => query.where('prompt_id', '=', args.promptId!))
    .$if(args.sessionId !== undefined, (query) => query.where('session_id', '=', args.sessionId!))
    .returning('id')
    .execute();
  return asked.length;
}

/** How many generations of a user other instances write. */
export async function countElsewhere(db: Db, args: GenerationFilter & { instanceId: string }): Promise<number> {
  const rows = await db
    .selectFrom('generations')
    .select('id')
    .where('state', '=', sql.lit('running'))
    .where('instance_id', '!=', args.instanceId)
    .where('user_id', '=', args.userId)
    .$if(args.id !== undefined, (query) => query.where('id', '=', args.id!))
    .$if(args.promptId !== undefined, (query) => query.where('prompt_id', '=', args.promptId!))
    .$if(args.sessionId !== undefined, (query) => query.where('session_id', '=', args.sessionId!))
    .execute();
  return rows.length;
}

/** Ids of the generations that this instance is to go on with: neither stopped, deleted nor ended by others. */
export async function findWanted(db: Db, args: { instanceId: string }): Promise<string[]> {
  const rows = await db
    .selectFrom('generations')
    .select('id')
    .where('state', '=', sql.lit('running'))
    .where('instance_id', '=', args.instanceId)
    .where('stop_requested', '=', 0)
    .execute();
  return rows.map((row) => row.id);
}
