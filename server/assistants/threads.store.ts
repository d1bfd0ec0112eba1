import type { Db, Trx } from '../db/schema.ts';
import type { KeptResources } from './show-assistant.ts';
import { addMessage, UNTITLED, type NewMessage } from './messages.store.ts';

export interface ThreadRow {
  session_id: number;
  public_id: string;
  metadata: string;
  tool_resources: string;
  created_at: number;
}

const columns = ['session_id', 'public_id', 'metadata', 'tool_resources', 'created_at'] as const;

export function findThread(db: Db, args: { id: string; userId: number }): Promise<ThreadRow | undefined> {
  return db
    .selectFrom('threads')
    .select(columns)
    .where('public_id', '=', args.id)
    .where('user_id', '=', args.userId)
    .executeTakeFirst();
}

/** The thread of a session. */
export function findThreadOf(db: Db, sessionId: number): Promise<ThreadRow | undefined> {
  return db.selectFrom('threads').select(columns).where('session_id', '=', sessionId).executeTakeFirst();
}

export interface CreateThreadArgs {
  id: string;
  userId: number;
  metadata: Record<string, string>;
  toolResources: KeptResources;
  messages: NewMessage[];
  now: number;
}

/** Opens a thread: a private session of its owner, of the free chat until a run brings an assistant. */
export async function createThread(trx: Trx, args: CreateThreadArgs): Promise<ThreadRow> {
  const { id, userId, now } = args;
  const session = await trx
    .insertInto('sessions')
    .values((row) => ({
      user_id: userId,
      bot_id: row.selectFrom('bots').select('bots.id').where('slug', '=', 'free') as never,
      title: UNTITLED,
      status: 'open' as const,
      visibility: 'private' as const,
      pinned: 0,
      created_at: now,
      updated_at: now,
    }))
    .returning('id')
    .executeTakeFirstOrThrow();
  const row: ThreadRow = {
    session_id: session.id,
    public_id: id,
    metadata: JSON.stringify(args.metadata),
    tool_resources: JSON.stringify(args.toolResources),
    created_at: now,
  };
  await trx
    .insertInto('threads')
    .values({ ...row, user_id: userId })
    .execute();
  const place = { sessionId: session.id, userId };
  for (const message of args.messages) await addMessage(trx, { ...place, message });
  return row;
}

export async function changeThread(
  trx: Trx,
  args: { id: string; userId: number; metadata?: Record<string, string>; toolResources?: KeptResources },
): Promise<ThreadRow | undefined> {
  return trx
    .updateTable('threads')
    .set((row) => ({
      public_id: row.ref('public_id'),
      ...(args.metadata ? { metadata: JSON.stringify(args.metadata) } : {}),
      ...(args.toolResources ? { tool_resources: JSON.stringify(args.toolResources) } : {}),
    }))
    .where('public_id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning(columns)
    .executeTakeFirst();
}

/** Deletes a thread with its session and everything in it. Gives the session's id; undefined: there is none. */
export async function deleteThread(trx: Trx, args: { id: string; userId: number }): Promise<number | undefined> {
  const thread = await findThread(trx, args);
  if (!thread) return undefined;
  await trx.deleteFrom('sessions').where('id', '=', thread.session_id).execute();
  return thread.session_id;
}
