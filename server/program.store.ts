import { sql } from 'kysely';
import type { Db, Trx } from './db/schema.ts';

/** The account that a program's own conversations belong to: it can't log in, and has no daily limit. */
export async function keepProgramUser(trx: Trx, args: { now: number }): Promise<number> {
  const kept = await trx
    .insertInto('settings')
    .values({ name: 'program_user', value: '0' })
    .onConflict((conflict) => conflict.column('name').doUpdateSet((row) => ({ value: row.ref('settings.value') })))
    .returning('value')
    .executeTakeFirstOrThrow();
  const existing = await trx.selectFrom('users').select('id').where('id', '=', Number(kept.value)).executeTakeFirst();
  if (existing) return existing.id;
  const { id } = await trx
    .insertInto('users')
    .values({ nickname: 'program', role: 'member', daily_limit: -1, created_at: args.now })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx
    .updateTable('settings')
    .set({ value: String(id) })
    .where('name', '=', 'program_user')
    .execute();
  return id;
}

export interface Spent {
  promptTokens: number;
  completionTokens: number;
  /** Nano-dollars; null where the price of an answer is unknown. */
  cost: number | null;
}

/** What the answers of a session have used, the deleted and replaced ones too. */
export async function readSpent(db: Db, sessionId: number): Promise<Spent> {
  const row = await db
    .selectFrom('generations')
    .innerJoin('ledger', 'ledger.id', 'generations.reservation_id')
    .select([
      sql<number>`coalesce(sum(ledger.prompt_tokens), 0)`.as('promptTokens'),
      sql<number>`coalesce(sum(ledger.completion_tokens), 0)`.as('completionTokens'),
      sql<number>`coalesce(sum(ledger.cost), 0)`.as('cost'),
      sql<number>`coalesce(sum(case when ledger.cost is null then 1 else 0 end), 0)`.as('unknown'),
    ])
    .where('generations.session_id', '=', sessionId)
    .where('ledger.state', '=', sql.lit('settled'))
    .executeTakeFirstOrThrow();
  const { promptTokens, completionTokens, cost, unknown } = row;
  return { promptTokens, completionTokens, cost: unknown > 0 ? null : cost };
}
