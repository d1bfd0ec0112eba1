import { sql } from 'kysely';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';

export interface TurnRow {
  id: number;
  session_id: number;
  content: string;
  status: Schema['messages']['status'];
  created_at: number;
  updated_at: number;
  reply_id: number | null;
  reply_content: string | null;
  reply_created_at: number | null;
  model: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  left_out: number | null;
  citations: string | null;
}

/** Every turn of a user, each with the reply it shows. */
export function selectTurns(db: Db, userId: number) {
  return db
    .selectFrom('messages as prompt')
    .leftJoin('messages as reply', (join) =>
      join
        .onRef('reply.parent_id', '=', 'prompt.id')
        .on('reply.role', '=', sql.lit('assistant'))
        .on('reply.chosen', '=', sql.lit(1)),
    )
    .select([
      'prompt.id',
      'prompt.session_id',
      'prompt.content',
      'prompt.status',
      'prompt.created_at',
      'prompt.updated_at',
      'reply.id as reply_id',
      'reply.content as reply_content',
      'reply.created_at as reply_created_at',
      'reply.model',
      'reply.prompt_tokens',
      'reply.completion_tokens',
      'reply.left_out',
      'reply.citations',
    ])
    .where('prompt.user_id', '=', userId)
    .where('prompt.asked', '=', sql.lit(1));
}

/** One own turn; undefined for what is another user's, a reply, or nothing. */
export function readTurn(db: Db, args: { userId: number; id: number }): Promise<TurnRow | undefined> {
  return selectTurns(db, args.userId).where('prompt.id', '=', args.id).executeTakeFirst();
}

/** Deletes an own turn with its replies, and its session where nothing is left in it. False: there is none. */
export async function deleteTurn(trx: Trx, args: { userId: number; id: number }): Promise<boolean> {
  const prompt = await trx
    .deleteFrom('messages')
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .where('asked', '=', 1)
    .returning(['session_id', 'parent_id'])
    .executeTakeFirst();
  if (!prompt) return false;
  await trx.deleteFrom('messages').where('parent_id', '=', args.id).where('role', '=', 'assistant').execute();
  await trx
    .updateTable('messages')
    .set({ parent_id: prompt.parent_id })
    .where('session_id', '=', prompt.session_id)
    .where('parent_id', '=', args.id)
    .execute();
  await trx
    .updateTable('sessions')
    .set({ head_id: prompt.parent_id })
    .where('id', '=', prompt.session_id)
    .where('head_id', '=', args.id)
    .execute();
  await trx
    .deleteFrom('sessions')
    .where('id', '=', prompt.session_id)
    .where((row) =>
      row.not(row.exists(row.selectFrom('messages').select('messages.id').where('session_id', '=', prompt.session_id))),
    )
    .execute();
  return true;
}

export interface SessionSetting {
  instructions: string;
  system_prompt: string | null;
  model: string | null;
  temperature: number | null;
  max_tokens: number | null;
  reads_quotes: number;
}

/** What a session's bot gives to every question in it. */
export function readSessionSetting(db: Db, sessionId: number): Promise<SessionSetting | undefined> {
  return sessionSetting.first(db, { sessionId });
}

const sessionSetting = statement<{ sessionId: number }, SessionSetting>((db, { sessionId }) =>
  db
    .selectFrom('sessions')
    .innerJoin('bots', 'bots.id', 'sessions.bot_id')
    .select([
      'bots.instructions',
      'sessions.system_prompt',
      'bots.model',
      'bots.temperature',
      'bots.max_tokens',
      'bots.reads_quotes',
    ])
    .where('sessions.id', '=', sessionId),
);

export interface BranchPrompt {
  id: number;
  kind: Schema['messages']['kind'];
  content: string;
  /** The reply that the prompt shows. */
  reply: string | null;
}

/** The conversation up to a prompt and with it, oldest first: its chain of prompts, each with the reply it shows. */
export async function readBranch(
  db: Db,
  args: { sessionId: number; promptId: number },
): Promise<{ prompts: BranchPrompt[]; intake: string }> {
  const [rows, session] = await Promise.all([
    db
      .selectFrom('messages')
      .select(['id', 'role', 'kind', 'parent_id', 'content', 'chosen'])
      .where('session_id', '=', args.sessionId)
      .execute(),
    db.selectFrom('sessions').select('intake').where('id', '=', args.sessionId).executeTakeFirst(),
  ]);
  const prompts = new Map(rows.filter((row) => row.role === 'user').map((row) => [row.id, row]));
  const replies = new Map(rows.filter((row) => row.chosen === 1).map((row) => [row.parent_id, row]));
  const branch: BranchPrompt[] = [];
  for (let prompt = prompts.get(args.promptId); prompt; prompt = prompts.get(prompt.parent_id ?? 0)) {
    const { id, kind, content } = prompt;
    branch.push({ id, kind, content, reply: replies.get(id)?.content ?? null });
  }
  return { prompts: branch.toReversed(), intake: session?.intake ?? '[]' };
}
