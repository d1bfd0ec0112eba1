import type { IntakeQuestion } from '#contracts/sessions.ts';
import { invalidField, Problem } from '../errors.ts';
import type { Trx } from '../db/schema.ts';
import { reindexSession } from '../search/index.store.ts';

export interface ChangeAnswerArgs {
  sessionId: number;
  promptId: number;
  userId: number;
  content: string;
  now: number;
}

/** Changes an answer before the model is asked. Throws `not_found`, `conflict` once it was asked, and `invalid`. */
export async function changeAnswer(trx: Trx, args: ChangeAnswerArgs): Promise<void> {
  const session = await trx
    .updateTable('sessions')
    .set({ updated_at: args.now })
    .where('id', '=', args.sessionId)
    .where('user_id', '=', args.userId)
    .returning(['status', 'intake'])
    .executeTakeFirst();
  if (!session) throw new Problem('not_found');
  if (session.status === 'open') throw new Problem('conflict');
  const answers = await trx
    .selectFrom('messages')
    .select('id')
    .where('session_id', '=', args.sessionId)
    .orderBy('id')
    .execute();
  const number = answers.findIndex(({ id }) => id === args.promptId);
  if (number < 0) throw new Problem('not_found');
  const question = (JSON.parse(session.intake) as IntakeQuestion[])[number];
  if (question?.required && args.content.trim() === '') throw invalidField('content', 'is needed for this question');
  await trx
    .updateTable('messages')
    .set({ content: args.content, updated_at: args.now })
    .where('id', '=', args.promptId)
    .execute();
  await reindexSession(trx, args.sessionId);
}

export interface ChooseReplyArgs {
  sessionId: number;
  promptId: number;
  replyId: number;
  userId: number;
}

/** Makes the conversation go on from another reply. Throws `not_found`, and `invalid` where it is none of the prompt's. */
export async function chooseReply(trx: Trx, args: ChooseReplyArgs): Promise<void> {
  const replies = await trx
    .selectFrom('messages')
    .innerJoin('sessions', 'sessions.id', 'messages.session_id')
    .select(['messages.id', 'messages.status'])
    .where('messages.session_id', '=', args.sessionId)
    .where('messages.parent_id', '=', args.promptId)
    .where('messages.role', '=', 'assistant')
    .where('sessions.user_id', '=', args.userId)
    .execute();
  const chosen = replies.find(({ id }) => id === args.replyId);
  if (!chosen) throw invalidField('chosen', 'takes a reply of this prompt');
  for (const { id } of replies) {
    await trx
      .updateTable('messages')
      .set({ chosen: id === args.replyId ? 1 : 0 })
      .where('id', '=', id)
      .execute();
  }
  await trx
    .updateTable('messages')
    .set({ status: chosen.status })
    .where('id', '=', args.promptId)
    .where('status', '!=', 'running')
    .execute();
}
