import { databaseNow } from '../db/clock.ts';
import type { Db } from '../db/schema.ts';
import { settlementOfNote, type Settlement } from '../spend/progress.store.ts';
import { HEARTBEAT_LOST_MS } from '../turns/instances.store.ts';
import { runColumns, type RunRow } from './runs.store.ts';

export interface LostRun {
  run: RunRow;
  /** The message that was being written. */
  message: { id: string; text: string } | undefined;
  /** The step that was under way. */
  step: string | undefined;
  /** How far its call had come, as far as it was noted. */
  noted: Settlement | null;
  model: string;
}

/** Runs that no living instance carries on; one that waits for outputs is carried by nobody, and not lost. */
export async function findLostRuns(db: Db, args: { instanceId: string; alone: boolean }): Promise<LostRun[]> {
  let query = db
    .selectFrom('runs')
    .select(runColumns)
    .where('ended_at', 'is', null)
    .where('status', '!=', 'requires_action')
    .where('instance_id', '!=', args.instanceId)
    .limit(500);
  if (!args.alone) {
    const aliveSince = (await databaseNow(db)) - HEARTBEAT_LOST_MS;
    query = query.where('instance_id', 'not in', (living) =>
      living.selectFrom('instances').select('instances.id').where('heartbeat_at', '>=', aliveSince),
    );
  }
  const runs = await query.execute();
  return Promise.all(runs.map((run) => readLost(db, run)));
}

async function readLost(db: Db, run: RunRow): Promise<LostRun> {
  const message = await db
    .selectFrom('thread_messages')
    .innerJoin('messages', 'messages.id', 'thread_messages.message_id')
    .select(['thread_messages.public_id as id', 'messages.content as text'])
    .where('thread_messages.run_id', '=', run.public_id)
    .where('thread_messages.status', '=', 'in_progress')
    .executeTakeFirst();
  const step = await db
    .selectFrom('run_steps')
    .select('public_id')
    .where('run_id', '=', run.id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  const call = await db
    .selectFrom('ledger')
    .select(['begun_at', 'details'])
    .where('id', '=', run.reservation_id)
    .executeTakeFirst();
  const { model } = JSON.parse(run.document) as { model: string };
  return { run, message, step: step?.public_id, noted: call ? settlementOfNote(call) : null, model };
}
