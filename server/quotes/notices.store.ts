import { sql } from 'kysely';
import type { QuoteStatus } from '#contracts/quotes.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';

export interface News {
  userId: number;
  kind: Schema['notices']['kind'];
  quoteId: number;
  content: string;
  status: QuoteStatus;
  reply: string | null;
  now: number;
}

/** Leaves a notice for a user, who finds it in the app. */
export async function notify(trx: Trx, news: News): Promise<void> {
  const { content, status, reply } = news;
  await trx
    .insertInto('notices')
    .values({
      user_id: news.userId,
      kind: news.kind,
      quote_id: news.quoteId,
      detail: JSON.stringify({ content, status, reply }),
      created_at: news.now,
    })
    .execute();
}

export type NoticeRow = Omit<Schema['notices'], 'id'> & { id: number };

/** One page of a user's notices, the newest first. */
export function listNotices(db: Db, userId: number, page: { limit: number; offset: number }): Promise<NoticeRow[]> {
  return db
    .selectFrom('notices')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function countNotices(db: Db, userId: number): Promise<{ count: number; unread: number }> {
  return db
    .selectFrom('notices')
    .select((row) => row.fn.countAll<number>().as('count'))
    .select(sql<number>`coalesce(sum(case when read_at is null then 1 else 0 end), 0)`.as('unread'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
}

export async function readNotices(trx: Trx, args: { userId: number; now: number }): Promise<void> {
  await trx
    .updateTable('notices')
    .set({ read_at: args.now })
    .where('user_id', '=', args.userId)
    .where('read_at', 'is', null)
    .execute();
}
