import { sql } from 'kysely';
import type { Db } from './schema.ts';
import { isPostgres } from './statement.ts';

/** An instant of the database's clock and the day of the quota that it falls in. */
export interface Day {
  /** Milliseconds UTC. */
  now: number;
  /** `YYYY-MM-DD` in the quota's time zone. */
  day: string;
  /** When the next day begins, in milliseconds UTC. */
  resetsAt: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function localDate(instant: number, zone: string): string {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formatters.set(zone, formatter);
  }
  return formatter.format(instant);
}

/** The day of `now` by Intl. Days have 23 to 25 hours, and some have no midnight, so its end is searched for. */
export function dayOf(now: number, zone: string): Day {
  const day = localDate(now, zone);
  let before = now;
  let after = now + 26 * 3_600_000;
  while (localDate(after, zone) === day) after += 3_600_000;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localDate(middle, zone) === day) before = middle;
    else after = middle;
  }
  return { now, day, resetsAt: after };
}

let latest: { zone: string; from: number; day: Day } | undefined;

/** `dayOf` the machine's clock; the search runs once a day, not once a request. */
function machineDay(zone: string): Day {
  const now = Date.now();
  if (!latest || latest.zone !== zone || now < latest.from || now >= latest.day.resetsAt) {
    latest = { zone, from: now, day: dayOf(now, zone) };
  }
  return { ...latest.day, now };
}

/** The current day of `zone` by the database's clock, so that instances with wrong clocks agree. */
export async function currentDay(db: Db, zone: string): Promise<Day> {
  if (!isPostgres(db)) return machineDay(zone);
  const [today] = await databaseDays(db, sql`(select ${zone}::text as zone, clock_timestamp() as t)`);
  return today!;
}

type Source = ReturnType<typeof sql>;

/** The days of instants as PostgreSQL computes them; `source` has the columns `zone` and `t`. */
export async function databaseDays(db: Db, source: Source): Promise<Day[]> {
  // Where a clock goes back over midnight there are two of them: the day ends at the first, PostgreSQL means the second.
  const { rows } = await sql<{ now: number; day: string; resets_at: number }>`
    select (extract(epoch from t) * 1000)::int8 as now, to_char(local, 'YYYY-MM-DD') as day,
      (extract(epoch from case
        when (midnight - interval '1 hour') at time zone zone >= next_day then midnight - interval '1 hour'
        else midnight end) * 1000)::int8 as resets_at
    from (select *, next_day at time zone zone as midnight
      from (select *, date_trunc('day', local) + interval '1 day' as next_day
        from (select zone, t, t at time zone zone as local from ${source} as given) as placed) as bounded) as days`.execute(
    db,
  );
  return rows.map((row) => ({ now: row.now, day: row.day, resetsAt: row.resets_at }));
}

/** Milliseconds UTC by the database's clock. */
export async function databaseNow(db: Db): Promise<number> {
  if (!isPostgres(db)) return Date.now();
  const { rows } = await sql<{
    now: number;
  }>`select (extract(epoch from clock_timestamp()) * 1000)::int8 as now`.execute(db);
  return rows[0]!.now;
}
