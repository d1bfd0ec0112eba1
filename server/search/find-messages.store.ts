import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { isPostgres } from '../db/statement.ts';
import { foldText, gramsOf } from './grams.ts';
import { blockGram, blockOf, firstIdOf, readIndexedTo, scopeOf } from './index.store.ts';

/** Messages that a search gives at most, the newest ones. */
export const MOST_HITS = 500;
/** How many of the newest messages are read where the text is too short for the index. */
const UNINDEXED = 3_000;
/** PostgreSQL: blocks of messages that are asked first, and so many that all the rest is asked instead. */
const FIRST_BLOCKS = 2;
const MOST_BLOCKS = 64;

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
  return findOnPostgres(db, grams, indexedTo);
}

/**
 * The newest blocks first, then as many as their hits say that it takes: of a text that very many messages have, hardly
 * more rows are read than are given. A rare one is asked for everywhere at once.
 */
async function findOnPostgres(db: Db, grams: number[], indexedTo: number): Promise<number[]> {
  const found: number[] = [];
  const newest = blockOf(indexedTo);
  let next = newest;
  let size = FIRST_BLOCKS;
  while (next >= 0 && found.length < MOST_HITS) {
    const oldest = size > MOST_BLOCKS ? 0 : Math.max(0, next - size + 1);
    found.push(...(await findInBlocks(db, grams, { newest: next, oldest })));
    next = oldest - 1;
    const blocksForOne = (newest - next) / Math.max(found.length, 1);
    size = Math.ceil(2 * (MOST_HITS - found.length) * blocksForOne);
  }
  return found.slice(0, MOST_HITS);
}

async function findInBlocks(db: Db, grams: number[], range: { newest: number; oldest: number }): Promise<number[]> {
  const blocks = Array.from({ length: range.newest - range.oldest + 1 }, (_, index) => range.oldest + index);
  const within =
    blocks.length > MOST_BLOCKS
      ? sql`message_id < ${firstIdOf(range.newest + 1)}`
      : sql`grams && ${`{${blocks.map(blockGram).join(',')}}`}::int4[]`;
  // Materialised, so that the index is asked, and not every message from the newest one on.
  const { rows } = await sql<{ id: number }>`with hits as materialized (
      select message_id from message_grams where grams @> ${`{${grams.join(',')}}`}::int4[] and ${within}
    ) select message_id as id from hits order by message_id desc limit ${MOST_HITS}`.execute(db);
  return rows.map(({ id }) => id);
}
