import type { Db, Schema } from '../db/schema.ts';

export type BotRow = Omit<Schema['bots'], 'id'> & { id: number };

export function listBots(db: Db, page: { limit: number; offset: number }): Promise<BotRow[]> {
  return db.selectFrom('bots').selectAll().orderBy('id').limit(page.limit).offset(page.offset).execute();
}

export async function countBots(db: Db): Promise<number> {
  const row = await db
    .selectFrom('bots')
    .select((count) => count.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

export function findBot(db: Db, slug: string): Promise<BotRow | undefined> {
  return db.selectFrom('bots').selectAll().where('slug', '=', slug).executeTakeFirst();
}
