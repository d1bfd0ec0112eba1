import { sql, type SqlBool } from 'kysely';
import type { QuoteStatus } from '#contracts/quotes.ts';
import { record } from '../audit/audit.store.ts';
import { Problem } from '../errors.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { foldText, gramsOf } from '../search/grams.ts';
import { partMerged } from './merge.store.ts';
import { notify } from './notices.store.ts';

export type QuoteRow = Omit<Schema['quotes'], 'id'> & {
  id: number;
  email: string | null;
  nickname: string;
  voted: number;
};

/** Quotes as one reader sees them; `readerId` 0 for nobody. */
export function selectQuotes(db: Db, readerId: number) {
  return db
    .selectFrom('quotes')
    .innerJoin('users', 'users.id', 'quotes.user_id')
    .selectAll('quotes')
    .select(['users.email', 'users.nickname'])
    .select((row) =>
      row
        .selectFrom('quote_votes')
        .select((vote) => vote.fn.countAll<number>().as('voted'))
        .whereRef('quote_votes.quote_id', '=', 'quotes.id')
        .where('quote_votes.user_id', '=', readerId)
        .$asScalar()
        .as('voted'),
    );
}

export function findQuote(db: Db, args: { id: number; readerId: number }): Promise<QuoteRow | undefined> {
  return selectQuotes(db, args.readerId).where('quotes.id', '=', args.id).executeTakeFirst() as Promise<
    QuoteRow | undefined
  >;
}

export interface QuoteFilter {
  readerId: number;
  /** Only the reader's own. */
  mine: boolean;
  /** Only those that the reader has voted for. */
  voted: boolean;
  isApply: boolean | undefined;
  status: QuoteStatus | undefined;
  q: string | undefined;
}

/** What a filter asks of a row; merged quotes are not listed. */
function matches(filter: QuoteFilter) {
  const conditions = [sql<SqlBool>`quotes.merged_into is null`];
  if (filter.mine) conditions.push(sql<SqlBool>`quotes.user_id = ${filter.readerId}`);
  if (filter.voted) {
    conditions.push(
      sql<SqlBool>`quotes.id in (select quote_id from quote_votes where quote_votes.user_id = ${filter.readerId})`,
    );
  }
  if (filter.isApply !== undefined) conditions.push(sql<SqlBool>`quotes.is_apply = ${filter.isApply ? 1 : 0}`);
  if (filter.status) conditions.push(sql<SqlBool>`quotes.status = ${filter.status}`);
  if (filter.q) {
    const pattern = `%${foldText(filter.q).replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
    conditions.push(sql<SqlBool>`quotes.folded like ${pattern} escape '\\'`);
  }
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
}

export function listQuotes(
  db: Db,
  filter: QuoteFilter,
  page: { limit: number; offset: number; sort: 'new' | 'votes' },
): Promise<QuoteRow[]> {
  const query = selectQuotes(db, filter.readerId).where(matches(filter));
  const sorted = page.sort === 'votes' ? query.orderBy('quotes.votes', 'desc') : query;
  return sorted.orderBy('quotes.id', 'desc').limit(page.limit).offset(page.offset).execute() as Promise<QuoteRow[]>;
}

export async function countQuotes(db: Db, filter: QuoteFilter): Promise<number> {
  const row = await db
    .selectFrom('quotes')
    .select((count) => count.fn.countAll<number>().as('count'))
    .where(matches(filter))
    .executeTakeFirstOrThrow();
  return row.count;
}

export interface QuoteText {
  content: string;
  speaker: string | null;
  episode: string | null;
  situation: string | null;
}

function foldQuote(quote: QuoteText): string {
  return foldText([quote.content, quote.speaker, quote.episode, quote.situation].filter(Boolean).join(' / '));
}

async function indexQuote(trx: Trx, id: number, folded: string): Promise<void> {
  await trx.deleteFrom('quote_grams').where('quote_id', '=', id).execute();
  const rows = gramsOf(folded).map((gram) => ({ gram, quote_id: id }));
  for (let from = 0; from < rows.length; from += 500) {
    await trx
      .insertInto('quote_grams')
      .values(rows.slice(from, from + 500))
      .execute();
  }
}

export async function createQuote(trx: Trx, args: QuoteText & { userId: number; now: number }): Promise<number> {
  const { userId, now, ...quote } = args;
  const folded = foldQuote(quote);
  const { id } = await trx
    .insertInto('quotes')
    .values({
      ...quote,
      user_id: userId,
      folded,
      status: 'requested',
      is_apply: 0,
      votes: 0,
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await indexQuote(trx, id, folded);
  return id;
}

export interface ChangeQuoteArgs {
  id: number;
  userId: number;
  administrator: boolean;
  text: Partial<QuoteText>;
  /** What an administrator decides; nobody else's counts. */
  decision: { isApply: boolean | undefined; status: QuoteStatus | undefined; reply: string | null | undefined };
  now: number;
}

/** Locks a quote that may be changed. Throws `not_found`, and `conflict` for a merged one. */
async function lockQuote(trx: Trx, id: number) {
  const quote = await trx
    .updateTable('quotes')
    .set((row) => ({ votes: row.ref('votes') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  if (!quote) throw new Problem('not_found');
  if (quote.merged_into !== null) throw new Problem('conflict', 'This quote has been merged into another one.');
  return quote;
}

/** Changes a quote as its owner or an administrator may. Throws `forbidden`, `not_found`, `conflict`. */
export async function changeQuote(trx: Trx, args: ChangeQuoteArgs): Promise<void> {
  const { id, administrator, now } = args;
  const quote = await lockQuote(trx, id);
  if (!administrator && quote.user_id !== args.userId) throw new Problem('forbidden');
  const text = Object.fromEntries(Object.entries(args.text).filter(([, value]) => value !== undefined));
  const changesText = Object.keys(text).length > 0;
  if (changesText && !administrator && quote.is_apply === 1) {
    throw new Problem('conflict', 'An applied quote stays as it is.');
  }
  const decided = administrator ? decide(quote, args.decision, now) : {};
  const changed = { ...quote, ...text };
  const folded = foldQuote(changed);
  await trx
    .updateTable('quotes')
    .set({ ...text, ...decided, folded, updated_at: now })
    .where('id', '=', id)
    .execute();
  if (changesText) await indexQuote(trx, id, folded);
  const after = { ...changed, ...decided };
  if (administrator) await recordChange(trx, { before: quote, after, args });
  const news = { quoteId: id, content: after.content, status: after.status, reply: after.reply, now };
  if (quote.user_id === args.userId) return;
  if (after.status !== quote.status) await notify(trx, { userId: quote.user_id, kind: 'quote_status', ...news });
  else if (after.reply !== null && after.reply !== quote.reply) {
    await notify(trx, { userId: quote.user_id, kind: 'quote_reply', ...news });
  }
}

type QuoteState = Omit<Schema['quotes'], 'id'>;

/** What an administrator changed, by name; of texts only that they changed, as they may name people. */
async function recordChange(
  trx: Trx,
  { before, after, args }: { before: QuoteState; after: QuoteState; args: ChangeQuoteArgs },
): Promise<void> {
  const names = ['content', 'speaker', 'episode', 'situation', 'reply', 'status'] as const;
  const changed = names.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return;
  const status = before.status === after.status ? {} : { from: before.status, to: after.status };
  const detail = { quote: args.id, changed, ...status };
  const { userId: actorId, now: at } = args;
  await record(trx, { at, actorId, subjectId: before.user_id, action: 'quote.changed', detail });
}

type Decided = Pick<Schema['quotes'], 'is_apply' | 'applied_at' | 'status' | 'reply'>;

/** `is_apply` and the status `applied` are one thing said twice. */
function decide(
  quote: Decided,
  { isApply, status, reply }: ChangeQuoteArgs['decision'],
  now: number,
): Partial<Decided> {
  const said = reply === undefined ? {} : { reply: reply === '' ? null : reply };
  const applied = isApply ?? (status === undefined ? undefined : status === 'applied');
  if (applied === undefined) return said;
  if (applied) return { ...said, status: 'applied', is_apply: 1, applied_at: quote.applied_at ?? now };
  const open = quote.status === 'applied' ? 'requested' : quote.status;
  return { ...said, status: status ?? open, is_apply: 0, applied_at: null };
}

/** Deletes a quote. Throws `not_found`, and `forbidden` for whom it does not belong to. */
export async function deleteQuote(
  trx: Trx,
  args: { id: number; userId: number; administrator: boolean; now: number },
): Promise<void> {
  const quote = await trx.selectFrom('quotes').select('user_id').where('id', '=', args.id).executeTakeFirst();
  if (!quote) throw new Problem('not_found');
  if (!args.administrator && quote.user_id !== args.userId) throw new Problem('forbidden');
  await partMerged(trx, { userId: quote.user_id, quoteId: args.id });
  await trx.deleteFrom('quotes').where('id', '=', args.id).execute();
  if (quote.user_id === args.userId) return;
  const detail = { quote: args.id };
  const { userId: actorId, now: at } = args;
  await record(trx, { at, actorId, subjectId: quote.user_id, action: 'quote.deleted', detail });
}

const CLOSED = new Set<QuoteStatus>(['applied', 'declined']);

/** Votes for a quote, once. Throws `not_found`, and `conflict` where nothing is to be decided any more. */
export async function addVote(trx: Trx, args: { id: number; userId: number; now: number }): Promise<void> {
  const quote = await lockQuote(trx, args.id);
  if (CLOSED.has(quote.status)) throw new Problem('conflict', 'This quote has been decided about.');
  const vote = await trx
    .insertInto('quote_votes')
    .values({ quote_id: args.id, user_id: args.userId, created_at: args.now })
    .onConflict((conflict) => conflict.columns(['quote_id', 'user_id']).doNothing())
    .returning('user_id')
    .executeTakeFirst();
  if (vote) await moveVotes(trx, args.id, 1);
}

/** Takes a vote back, where there is one. Throws `not_found`. */
export async function removeVote(trx: Trx, args: { id: number; userId: number }): Promise<void> {
  await lockQuote(trx, args.id);
  const vote = await trx
    .deleteFrom('quote_votes')
    .where('quote_id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning('user_id')
    .executeTakeFirst();
  if (vote) await moveVotes(trx, args.id, -1);
}

async function moveVotes(trx: Trx, id: number, by: number): Promise<void> {
  await trx
    .updateTable('quotes')
    .set((row) => ({ votes: row('votes', '+', by) }))
    .where('id', '=', id)
    .execute();
}

/** Takes a leaving user's votes out of the counts; the rest of theirs goes with the account. */
export async function withdrawVotes(trx: Trx, args: { userId: number }): Promise<void> {
  await trx
    .updateTable('quotes')
    .set((row) => ({ votes: row('votes', '-', 1) }))
    .where('id', 'in', (voted) => voted.selectFrom('quote_votes').select('quote_id').where('user_id', '=', args.userId))
    .execute();
  await trx.deleteFrom('quote_votes').where('user_id', '=', args.userId).execute();
}
