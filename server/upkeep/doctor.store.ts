import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { isPostgres } from '../db/statement.ts';

/** What the database says of its own files and keys; '' where all is well. */
export async function findDamage(db: Db): Promise<string> {
  if (isPostgres(db)) {
    const { rows } = await sql<{ name: string }>`select indexrelid::regclass::text as name from pg_index
      where not indisvalid and indexrelid::regclass::text not like 'pg_%'`.execute(db);
    return rows.map(({ name }) => `the index ${name} is not valid`).join(', ');
  }
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(5)`.execute(db);
  const keys = await sql<{ table: string }>`pragma foreign_key_check`.execute(db);
  const found = rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  if (keys.rows.length > 0)
    found.push(`${keys.rows.length} rows of ${keys.rows[0]!.table} refer to rows that are gone`);
  return found.join(', ');
}

/** Days on which somebody's count and the ledger differ by more than empty answers (their unit goes back) explain. */
export async function countWrongDays(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from daily_usage
    left join (
      select user_id, day, sum(units) as units,
        sum(case when state = 'settled' and coalesce(completion_tokens, 0) = 0 then units else 0 end) as empty
      from ledger where state <> 'refunded' group by user_id, day
    ) as spent on spent.user_id = daily_usage.user_id and spent.day = daily_usage.day
    where used < 0 or used < coalesce(units, 0) - coalesce(empty, 0)`.execute(db);
  return rows[0]!.count;
}

/** Reservations and answers that were open before `before` and still are: nobody carries them any more. */
export async function countAbandoned(db: Db, before: number): Promise<number> {
  const reserved = await db
    .selectFrom('ledger')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('state', '=', sql.lit('reserved'))
    .where('created_at', '<', before)
    .executeTakeFirstOrThrow();
  const running = await db
    .selectFrom('generations')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('state', '=', sql.lit('running'))
    .where('created_at', '<', before)
    .executeTakeFirstOrThrow();
  return reserved.count + running.count;
}

/** Turns that ask the model and have no generation, and finished generations whose reply is gone. */
export async function countOrphans(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select (select count(*) from messages where asked = 1 and role = 'user' and not exists
        (select 1 from generations where generations.prompt_id = messages.id))
      + (select count(*) from generations where state = 'done' and not exists
        (select 1 from messages where messages.id = generations.reply_id)) as count`.execute(db);
  return rows[0]!.count;
}

export async function countAdministrators(db: Db): Promise<{ accounts: number; administrators: number }> {
  const { rows } = await sql<{ accounts: number; administrators: number }>`
    select count(*) as accounts,
      coalesce(sum(case when role = 'administrator' and blocked_at is null then 1 else 0 end), 0) as administrators
    from users`.execute(db);
  return rows[0]!;
}
