import { sql } from 'kysely';
import type { Db, Trx } from '../db/schema.ts';
import { isPostgres } from '../db/statement.ts';
import { foldText, gramsOf, scopeGram } from './grams.ts';

/** The collections of messages: those of one user, and those of public sessions. */
export function scopeOf(userId: number | undefined): number {
  return scopeGram(userId === undefined ? 'public' : `user ${userId}`);
}

/** Neighbouring ids that PostgreSQL can be asked for together. */
const BLOCK = 4_096;

/** The block of a message's id. */
export function blockOf(id: number): number {
  return Math.floor(id / BLOCK);
}

export function firstIdOf(block: number): number {
  return block * BLOCK;
}

/** Beside the grams of a message's text, all of which are positive. */
export function blockGram(block: number): number {
  return -1 - block;
}

/** Text of a message that is searched; what comes later in a longer one is not found. */
const LONGEST = 20_000;
/** A message of another transaction may become visible so much later than one with a higher id. */
const SETTLED_MS = 10_000;
/** An answer that is written longer than this has been left behind. */
const LONGEST_ANSWER_MS = 3_600_000;

interface Indexed {
  id: number;
  user_id: number;
  content: string;
  visibility: 'private' | 'public';
}

/** How far the index has come: every message with an id up to this is in it. */
export async function readIndexedTo(db: Db): Promise<number> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', 'indexed_to').executeTakeFirst();
  return Number(row?.value ?? 0);
}

/**
 * Indexes the next `limit` messages, in the order of their ids; gives how many. It stops before an answer that is
 * being written: until then, and for whatever is newer, a search reads the messages themselves.
 */
export async function indexMessages(trx: Trx, args: { limit: number; now: number }): Promise<number> {
  // The change of nothing lets one instance index at a time.
  const state = await trx
    .updateTable('settings')
    .set((row) => ({ value: row.ref('value') }))
    .where('name', '=', 'indexed_to')
    .returning('value')
    .executeTakeFirstOrThrow();
  const settled = isPostgres(trx) ? args.now - SETTLED_MS : args.now;
  const rows = await selectIndexed(trx)
    .select(['messages.status', 'messages.created_at'])
    .where('messages.id', '>', Number(state.value))
    .where('messages.created_at', '<=', settled)
    .orderBy('messages.id')
    .limit(args.limit)
    .execute();
  const running = rows.findIndex(
    ({ status, created_at }) => status === 'running' && created_at > args.now - LONGEST_ANSWER_MS,
  );
  const ready = running < 0 ? rows : rows.slice(0, running);
  if (ready.length === 0) return 0;
  await insertGrams(trx, ready);
  // Many entries go into the index at once more quickly; left pending, each search would read them all. Whoever fills
  // a whole database may have taken the index away meanwhile.
  if (isPostgres(trx)) await sql`select gin_clean_pending_list(to_regclass('message_grams_grams'))`.execute(trx);
  await trx
    .updateTable('settings')
    .set({ value: String(ready.at(-1)!.id) })
    .where('name', '=', 'indexed_to')
    .execute();
  return ready.length;
}

function selectIndexed(db: Db) {
  return db
    .selectFrom('messages')
    .innerJoin('sessions', 'sessions.id', 'messages.session_id')
    .select(['messages.id', 'messages.user_id', 'messages.content', 'sessions.visibility']);
}

async function insertGrams(trx: Trx, rows: Indexed[]): Promise<void> {
  const indexed = rows.flatMap(({ id, user_id, content, visibility }) => {
    const grams = gramsOf(foldText(content.slice(0, LONGEST)));
    if (grams.length === 0) return [];
    grams.push(scopeOf(user_id));
    if (visibility === 'public') grams.push(scopeOf(undefined));
    return [{ id, grams }];
  });
  if (indexed.length === 0) return;
  if (isPostgres(trx)) {
    const values = indexed.map(({ id, grams }) => {
      const list = `{${[...grams, blockGram(blockOf(id))].join(',')}}`;
      return sql`(${id}::int8, ${list}::int4[])`;
    });
    await sql`insert into message_grams (message_id, grams) values ${sql.join(values)}
      on conflict (message_id) do update set grams = excluded.grams`.execute(trx);
    return;
  }
  // One statement for all: to build and run one for each message takes as long as the index itself.
  const values = JSON.stringify(indexed.map(({ id, grams }) => [id, grams.join(' ')]));
  await sql`insert into message_grams (rowid, grams)
    select value ->> 0, value ->> 1 from json_each(${values})`.execute(trx);
}

/** Indexes anew what is in the index of a session: after a change of its visibility or of a message. */
export async function reindexSession(trx: Trx, sessionId: number): Promise<void> {
  const indexedTo = await readIndexedTo(trx);
  const rows = await selectIndexed(trx)
    .where('messages.session_id', '=', sessionId)
    .where('messages.id', '<=', indexedTo)
    .execute();
  if (rows.length === 0) return;
  if (!isPostgres(trx)) {
    for (const { id } of rows) await sql`delete from message_grams where rowid = ${id}`.execute(trx);
  }
  await insertGrams(trx, rows);
}
