/**
 * A session that is a thread of the Assistants API is answered by one side at a time: by a run, or by a turn of the
 * web app. Each side asks here after it has locked the session.
 */
import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import type { Db, Trx } from '../db/schema.ts';

/** The run of a session that has not ended. */
export function findActiveRun(db: Db, sessionId: number): Promise<{ public_id: string } | undefined> {
  return db
    .selectFrom('runs')
    .select('public_id')
    .where('session_id', '=', sessionId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
}

/** Throws `conflict` while a run answers in the session. */
export async function refuseDuringRun(trx: Trx, sessionId: number): Promise<void> {
  const run = await findActiveRun(trx, sessionId);
  if (run) throw new Problem('conflict', `The run ${run.public_id} of a program is active in this conversation.`);
}

/** Throws `conflict` while the answer of a turn is being written in the session. */
export async function refuseDuringTurn(trx: Trx, sessionId: number): Promise<void> {
  const turn = await trx
    .selectFrom('generations')
    .select('id')
    .where('session_id', '=', sessionId)
    .where('state', '=', sql.lit('running'))
    .executeTakeFirst();
  if (turn) throw new Problem('conflict', 'An answer that was asked for in a chat is being written in this thread.');
}
