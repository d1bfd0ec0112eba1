import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { isPostgres } from '../db/statement.ts';
import { foldText, gramsOf } from './grams.ts';
import { readIndexedTo, scopeOf } from './index.store.ts';

/** Messages that a search gives at most, the newest ones. */
export const MOST_HITS = 500;
/** How many of the newest messages are read where the text is too short for the index. */
const UNINDEXED = 3_000;
/** Ids of the newest part of the index, which is asked first on PostgreSQL. */
const NEWEST = 50_000;

export interface Search {
  /** Whose messages; undefined for those of public sessions. */
  userId: number | undefined;
  q: string;
}

export interface MessageHit {
  id: number;
  session_id: number;
  role: 'user' | 'assistant';
  parent_id: number | null;
  content: string;
}

/** Messages with a text in them, the newest first, own ones or public ones only; at most `MOST_HITS`. */
export async function findMessages(db: Db, search: Search): Promise<MessageHit[]> {
  const folded = foldText(search.q);
  if (folded === '') return [];
  const grams = gramsOf(folded);
  const indexedTo = await readIndexedTo(db);
  const fresh = selectMessages(db, search)
    .where('messages.id', '>', grams.length > 0 ? indexedTo : 0)
    .orderBy('messages.id', 'desc')
    .limit(UNINDEXED);
  const findOlder = async () =>
    readMessages(db, search, grams.length > 0 ? await findIds(db, [scopeOf(search.userId), ...grams], indexedTo) : []);
  const [newer, older] = await Promise.all([fresh.execute(), findOlder()]);
  return [...newer, ...older].filter(({ content }) => foldText(content).includes(folded)).slice(0, MOST_HITS);
}

function selectMessages(db: Db, { userId }: Search) {
  const query = db
    .selectFrom('messages')
    .innerJoin('sessions', 'sessions.id', 'messages.session_id')
    .select(['messages.id', 'messages.session_id', 'messages.role', 'messages.parent_id', 'messages.content']);
  return userId === undefined
    ? query.where('sessions.visibility', '=', sql.lit('public'))
    : query.where('sessions.user_id', '=', userId);
}

async function readMessages(db: Db, search: Search, ids: number[]): Promise<MessageHit[]> {
  if (ids.length === 0) return [];
  const rows = await selectMessages(db, search).where('messages.id', 'in', ids).execute();
  return rows.toSorted((one, other) => other.id - one.id);
}

async function findIds(db: Db, grams: number[], indexedTo: number): Promise<number[]> {
  if (!isPostgres(db)) {
    const { rows } = await sql<{ id: number }>`select rowid as id from message_grams
      where message_grams match ${grams.join(' ')} order by rowid desc limit ${MOST_HITS}`.execute(db);
    return rows.map(({ id }) => id);
  }
  // A text that many messages have is in many new ones; of one that few have, all places can be read.
  const newest = await findOnPostgres(db, grams, indexedTo - NEWEST);
  return newest.length >= MOST_HITS || indexedTo <= NEWEST ? newest : findOnPostgres(db, grams, 0);
}

async function findOnPostgres(db: Db, grams: number[], after: number): Promise<number[]> {
  const list = `{${grams.join(',')}}`;
  // Materialised, so that the index is asked, and not every message from the newest one on.
  const { rows } = await sql<{ id: number }>`with hits as materialized (
      select message_id from message_grams where grams @> ${list}::int4[] and message_id > ${after}
    ) select message_id as id from hits order by message_id desc limit ${MOST_HITS}`.execute(db);
  return rows.map(({ id }) => id);
}
