import type { Db, Schema } from '../db/schema.ts';

/** A generation as whoever follows it reads it. */
export interface StoredGeneration {
  id: string;
  prompt_id: number;
  session_id: number;
  user_id: number;
  instance_id: string;
  state: Schema['generations']['state'];
  error: string | null;
  finished_at: number | null;
  reply_id: number | null;
  text: string | null;
  model: string | null;
  finish_reason: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  left_out: number | null;
  citations: string | null;
}

/** An own generation with its answer so far; undefined for another user's. */
export function readGeneration(db: Db, args: { id: string; userId: number }): Promise<StoredGeneration | undefined> {
  return db
    .selectFrom('generations')
    .leftJoin('messages as reply', 'reply.id', 'generations.reply_id')
    .select([
      'generations.id',
      'generations.prompt_id',
      'generations.session_id',
      'generations.user_id',
      'generations.instance_id',
      'generations.state',
      'generations.error',
      'generations.finished_at',
      'reply.id as reply_id',
      'reply.content as text',
      'reply.model',
      'reply.finish_reason',
      'reply.prompt_tokens',
      'reply.completion_tokens',
      'reply.left_out',
      'reply.citations',
    ])
    .where('generations.id', '=', args.id)
    .where('generations.user_id', '=', args.userId)
    .executeTakeFirst();
}
