import { sql } from 'kysely';
import type { ContentPart } from '#contracts/assistants.ts';
import { Problem } from '../errors.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { titleOf } from '../turns/title-text.ts';
import { pageOf, type Cursor } from './cursor.store.ts';
import { numberOfMessageId } from './ids.ts';

/** What a session is called until its first message has come. */
export const UNTITLED = 'Thread';

export interface Attachment {
  file_id: string;
  tools?: { type: 'file_search' | 'code_interpreter' }[];
}

/** A part of a message as it is kept: a text has its annotations with it. */
export type KeptPart =
  | { type: 'text'; text: { value: string; annotations: object[] } }
  | Exclude<ContentPart, { type: 'text' }>;

export interface NewMessage {
  id: string;
  role: 'user' | 'assistant';
  content: KeptPart[];
  attachments: Attachment[];
  metadata: Record<string, string>;
  assistantId: string | null;
  runId: string | null;
  status: Schema['thread_messages']['status'];
  now: number;
}

export interface ThreadMessage {
  id: number;
  role: 'user' | 'assistant';
  text: string;
  /** Of the session's message. */
  turn_status: Schema['messages']['status'];
  created_at: number;
  updated_at: number;
  public_id: string | null;
  content: string | null;
  attachments: string | null;
  metadata: string | null;
  assistant_id: string | null;
  run_id: string | null;
  status: Schema['thread_messages']['status'] | null;
  incomplete_reason: string | null;
  ended_at: number | null;
}

/** The messages of a thread, those of the web app too; of several answers to one prompt, the one it shows. */
function selectMessages(db: Db, sessionId: number) {
  return db
    .selectFrom('messages')
    .leftJoin('thread_messages', 'thread_messages.message_id', 'messages.id')
    .select([
      'messages.id',
      'messages.role',
      'messages.content as text',
      'messages.status as turn_status',
      'messages.created_at',
      'messages.updated_at',
      'thread_messages.public_id',
      'thread_messages.content',
      'thread_messages.attachments',
      'thread_messages.metadata',
      'thread_messages.assistant_id',
      'thread_messages.run_id',
      'thread_messages.status',
      'thread_messages.incomplete_reason',
      'thread_messages.ended_at',
    ])
    .where('messages.session_id', '=', sessionId)
    .where((row) => row.or([row('thread_messages.public_id', 'is not', null), row('messages.content', '!=', '')]))
    .where((row) => row.or([row('messages.role', '=', sql.lit('user')), row('messages.chosen', '=', sql.lit(1))]));
}

export function findMessage(db: Db, args: { sessionId: number; id: string }): Promise<ThreadMessage | undefined> {
  const number = numberOfMessageId(args.id) ?? 0;
  return selectMessages(db, args.sessionId)
    .where((row) =>
      row.or([
        row('thread_messages.public_id', '=', args.id),
        row.and([row('messages.id', '=', number), row('thread_messages.public_id', 'is', null)]),
      ]),
    )
    .executeTakeFirst();
}

export function listMessages(
  db: Db,
  args: { sessionId: number; runId: string | undefined; cursor: Cursor },
): Promise<ThreadMessage[]> {
  const query = selectMessages(db, args.sessionId);
  const wanted = args.runId === undefined ? query : query.where('thread_messages.run_id', '=', args.runId);
  return pageOf(wanted, 'messages.id', args.cursor);
}

/** The newest messages of a thread, the oldest first: those of one run, or all but those of one. */
export async function readNewest(
  db: Db,
  args: { sessionId: number; limit: number; ofRun?: string; exceptRun?: string },
): Promise<ThreadMessage[]> {
  let query = selectMessages(db, args.sessionId);
  if (args.ofRun !== undefined) query = query.where('thread_messages.run_id', '=', args.ofRun);
  if (args.exceptRun !== undefined) {
    const { exceptRun } = args;
    query = query.where((row) =>
      row.or([row('thread_messages.run_id', 'is', null), row('thread_messages.run_id', '!=', exceptRun)]),
    );
  }
  const rows = await query.orderBy('messages.id', 'desc').limit(args.limit).execute();
  return rows.toReversed();
}

/** The words of a message, as a session shows them. */
function textOf(parts: KeptPart[]): string {
  const texts = parts.map((part) => (part.type === 'text' ? part.text.value : '🖼'));
  return texts.join('\n');
}

function isPlain(parts: KeptPart[]): boolean {
  const [first] = parts;
  return parts.length === 1 && first?.type === 'text' && first.text.annotations.length === 0;
}

interface Place {
  sessionId: number;
  userId: number;
}

/** Writes a message behind the others of a thread. Gives the number of the session's message. */
export async function addMessage(trx: Trx, { message, ...place }: Place & { message: NewMessage }): Promise<number> {
  const text = textOf(message.content);
  const id =
    message.role === 'user'
      ? await addPrompt(trx, place, text, message.now)
      : await addReply(trx, place, text, message);
  await trx
    .insertInto('thread_messages')
    .values({
      message_id: id,
      public_id: message.id,
      // One that still grows is shown by the session's text.
      content: isPlain(message.content) || message.status === 'in_progress' ? null : JSON.stringify(message.content),
      attachments: JSON.stringify(message.attachments),
      metadata: JSON.stringify(message.metadata),
      assistant_id: message.assistantId,
      run_id: message.runId,
      status: message.status,
      ended_at: message.status === 'completed' ? message.now : null,
    })
    .execute();
  return id;
}

/** The last prompt of the branch that a session shows, and whether it has an answer. */
async function readHead(trx: Trx, { sessionId, userId }: Place, now: number) {
  const session = await trx
    .updateTable('sessions')
    .set({ updated_at: now })
    .where('id', '=', sessionId)
    .where('user_id', '=', userId)
    .returning(['head_id', 'title', 'titled_by'])
    .executeTakeFirst();
  if (!session) throw new Problem('not_found');
  // A session that began in the web app has no head as long as it has no branches.
  const last = trx
    .selectFrom('messages')
    .select((row) => row.fn.max('messages.id').as('id'))
    .where('session_id', '=', sessionId)
    .where('role', '=', 'user');
  const headId = session.head_id ?? (await last.executeTakeFirst())?.id ?? null;
  const reply =
    headId === null
      ? undefined
      : await trx
          .selectFrom('messages')
          .select('id')
          .where('parent_id', '=', headId)
          .where('role', '=', sql.lit('assistant'))
          .limit(1)
          .executeTakeFirst();
  return { headId, answered: reply !== undefined, ...session };
}

async function addPrompt(trx: Trx, place: Place, text: string, now: number): Promise<number> {
  const { sessionId, userId } = place;
  const { headId, title, titled_by: titledBy } = await readHead(trx, place, now);
  const { id } = await trx
    .insertInto('messages')
    .values({
      session_id: sessionId,
      user_id: userId,
      role: 'user',
      kind: 'question',
      parent_id: headId,
      content: text,
      status: 'answered',
      asked: 0,
      chosen: 0,
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const named = text !== '' && title === UNTITLED && titledBy === 'message' ? { title: titleOf(text) || UNTITLED } : {};
  await trx
    .updateTable('sessions')
    .set({ head_id: id, ...named })
    .where('id', '=', sessionId)
    .execute();
  return id;
}

/** A session shows one reply to a prompt; whatever else the assistant says stands behind an empty prompt. */
async function addReply(trx: Trx, place: Place, text: string, message: NewMessage): Promise<number> {
  const { sessionId, userId } = place;
  const { now, status } = message;
  const { headId, answered } = await readHead(trx, place, now);
  const promptId = headId === null || answered ? await addPrompt(trx, place, '', now) : headId;
  const { id } = await trx
    .insertInto('messages')
    .values({
      session_id: sessionId,
      user_id: userId,
      role: 'assistant',
      kind: 'reply',
      parent_id: promptId,
      content: text,
      status: status === 'completed' ? 'done' : 'running',
      asked: 0,
      chosen: 1,
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx.updateTable('sessions').set({ answered: 1 }).where('id', '=', sessionId).execute();
  return id;
}
