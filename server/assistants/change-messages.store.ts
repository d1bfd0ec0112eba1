import { sql } from 'kysely';
import type { Trx } from '../db/schema.ts';
import { reindexSession } from '../search/index.store.ts';

/** Replaces the metadata of a message; one of the web app gets its place for them now. */
export async function changeMessage(
  trx: Trx,
  args: { number: number; publicId: string; metadata: Record<string, string>; endedAt: number },
): Promise<void> {
  const metadata = JSON.stringify(args.metadata);
  await trx
    .insertInto('thread_messages')
    .values({
      message_id: args.number,
      public_id: args.publicId,
      attachments: '[]',
      metadata,
      status: 'completed',
      ended_at: args.endedAt,
    })
    .onConflict((conflict) => conflict.column('message_id').doUpdateSet({ metadata }))
    .execute();
}

/** Deletes a message; a prompt that has a reply stays behind it as an empty one. */
export async function deleteMessage(trx: Trx, args: { sessionId: number; number: number }): Promise<void> {
  const { sessionId, number } = args;
  const message = await trx
    .selectFrom('messages')
    .select(['role', 'parent_id'])
    .where('id', '=', number)
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  if (!message) return;
  const children = trx.selectFrom('messages').select('id').where('parent_id', '=', number);
  const reply = await children.where('role', '=', sql.lit('assistant')).limit(1).executeTakeFirst();
  if (reply) {
    await trx.deleteFrom('thread_messages').where('message_id', '=', number).execute();
    await trx
      .updateTable('messages')
      .set({ content: '', asked: 0, status: 'answered' })
      .where('id', '=', number)
      .execute();
    await reindexSession(trx, sessionId);
    return;
  }
  await trx
    .updateTable('messages')
    .set({ parent_id: message.parent_id })
    .where('parent_id', '=', number)
    .where('session_id', '=', sessionId)
    .execute();
  await trx
    .updateTable('sessions')
    .set({ head_id: message.parent_id })
    .where('id', '=', sessionId)
    .where('head_id', '=', number)
    .execute();
  await trx.deleteFrom('messages').where('id', '=', number).execute();
}
