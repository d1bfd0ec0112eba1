import { sql } from 'kysely';
import type { Db, Schema, Trx } from '../db/schema.ts';

export interface SessionDetails {
  id: number;
  user_id: number;
  title: string;
  status: Schema['sessions']['status'];
  visibility: Schema['sessions']['visibility'];
  pinned: number;
  head_id: number | null;
  created_at: number;
  updated_at: number;
  bot: string;
  intake: string;
  email: string | null;
  nickname: string;
}

function selectSessions(db: Db) {
  return db
    .selectFrom('sessions')
    .innerJoin('bots', 'bots.id', 'sessions.bot_id')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'sessions.id',
      'sessions.user_id',
      'sessions.title',
      'sessions.status',
      'sessions.visibility',
      'sessions.pinned',
      'sessions.head_id',
      'sessions.created_at',
      'sessions.updated_at',
      'bots.slug as bot',
      'bots.intake',
      'users.email',
      'users.nickname',
    ]);
}

/** A session that `readerId` may read: an own one, or a public one; undefined for all others. */
export function readSession(db: Db, args: { id: number; readerId: number }): Promise<SessionDetails | undefined> {
  return selectSessions(db)
    .where('sessions.id', '=', args.id)
    .where((row) => row.or([row('sessions.user_id', '=', args.readerId), row('sessions.visibility', '=', 'public')]))
    .executeTakeFirst();
}

export interface SessionFilter {
  /** Whose sessions; undefined lists the public ones that have a reply. */
  userId: number | undefined;
  bot: string | undefined;
}

function listed<Query extends ReturnType<typeof selectSessions>>(query: Query, filter: SessionFilter) {
  const chosen =
    filter.userId === undefined
      ? query
          .where('sessions.visibility', '=', sql.lit('public'))
          .where((row) =>
            row.exists(
              row
                .selectFrom('messages')
                .select('messages.id')
                .whereRef('messages.session_id', '=', 'sessions.id')
                .where('messages.role', '=', sql.lit('assistant')),
            ),
          )
      : query.where('sessions.user_id', '=', filter.userId);
  return filter.bot === undefined ? chosen : chosen.where('bots.slug', '=', filter.bot);
}

/** One page: own ones pinned first and then the latest used first, public ones the newest first. */
export function listSessions(
  db: Db,
  filter: SessionFilter,
  page: { limit: number; offset: number },
): Promise<SessionDetails[]> {
  const query = listed(selectSessions(db), filter);
  const ordered =
    filter.userId === undefined
      ? query.orderBy('sessions.id', 'desc')
      : query.orderBy('sessions.pinned', 'desc').orderBy('sessions.updated_at', 'desc').orderBy('sessions.id', 'desc');
  return ordered.limit(page.limit).offset(page.offset).execute();
}

export async function countSessions(db: Db, filter: SessionFilter): Promise<number> {
  const row = await listed(selectSessions(db), filter)
    .clearSelect()
    .select((count) => count.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return (row as unknown as { count: number }).count;
}

export type MessageRow = Pick<
  Schema['messages'],
  'role' | 'kind' | 'parent_id' | 'content' | 'status' | 'chosen' | 'model' | 'created_at'
> & { id: number };

/** Every message of a session, the oldest first. */
export function readMessages(db: Db, sessionId: number): Promise<MessageRow[]> {
  return db
    .selectFrom('messages')
    .select(['id', 'role', 'kind', 'parent_id', 'content', 'status', 'chosen', 'model', 'created_at'])
    .where('session_id', '=', sessionId)
    .orderBy('id')
    .execute();
}

/** The beginning of the first message of each session. */
export async function readBeginnings(db: Db, sessionIds: number[]): Promise<Map<number, string>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('messages')
    .select(['session_id', (row) => sql<string>`substr(${row.ref('content')}, 1, 240)`.as('beginning')])
    .where('id', 'in', (first) =>
      first
        .selectFrom('messages as earliest')
        .select((row) => row.fn.min('earliest.id').as('id'))
        .where('earliest.session_id', 'in', sessionIds)
        .groupBy('earliest.session_id'),
    )
    .execute();
  return new Map(rows.map((row) => [row.session_id, row.beginning]));
}

/** The streams that are being written in a session, by prompt. */
export async function readRunningStreams(db: Db, sessionId: number): Promise<Map<number, string>> {
  const rows = await db
    .selectFrom('generations')
    .innerJoin('messages', 'messages.id', 'generations.prompt_id')
    .select(['generations.id', 'generations.prompt_id'])
    .where('messages.session_id', '=', sessionId)
    .where('messages.status', '=', 'running')
    .where('generations.state', '=', sql.lit('running'))
    .execute();
  return new Map(rows.map((row) => [row.prompt_id, row.id]));
}

export interface SessionChangeArgs {
  id: number;
  userId: number;
  title: string | undefined;
  visibility: Schema['sessions']['visibility'] | undefined;
  pinned: boolean | undefined;
}

/** Changes an own session. False: there is none. */
export async function changeSession(trx: Trx, args: SessionChangeArgs): Promise<boolean> {
  const changes = {
    ...(args.title === undefined ? {} : { title: args.title }),
    ...(args.visibility === undefined ? {} : { visibility: args.visibility }),
    ...(args.pinned === undefined ? {} : { pinned: args.pinned ? 1 : 0 }),
  };
  const changed = await trx
    .updateTable('sessions')
    .set((row) => ({ updated_at: row.ref('updated_at'), ...changes }))
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning('id')
    .executeTakeFirst();
  return changed !== undefined;
}

/** Deletes an own session with its messages. False: there is none. */
export async function deleteSession(trx: Trx, args: { id: number; userId: number }): Promise<boolean> {
  const deleted = await trx
    .deleteFrom('sessions')
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}
