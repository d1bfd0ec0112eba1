import { setTimeout as sleep } from 'node:timers/promises';
import { askAside } from './ask-aside.ts';

/**
 * A request is answered within five seconds, whatever the database does: the commit has waited for some of them, and
 * one is for what a busy machine adds.
 */
const WITHIN_MS = 4_000;
const PAUSE_MS = 100;

/**
 * When the database last came back from a crash. It then forgets its statistics, and gives the numbers of transactions
 * that it never wrote to others: https://www.postgresql.org/docs/current/monitoring-stats.html
 */
const LIFE = '(select extract(epoch from stats_reset)::text from pg_stat_wal)';

/** Opens a transaction and asks for its number in the same round trip. */
export const BEGIN = 'begin; select pg_current_xact_id()::text as id';

/** The same on a new connection, which no crash outlives. */
export const FIRST_BEGIN = `${BEGIN}, ${LIFE} as life`;

/** A transaction's number, and the life of the database that gave it. */
export interface TransactionName {
  id: string;
  life: string;
}

const FATE = `select case when ${LIFE} = $2 then pg_xact_status($1::xid8) else 'forgotten' end as status`;

/**
 * Whether a transaction is stored whose COMMIT was sent at `sentAt` and never answered. undefined: the database
 * can't be asked in time, does not know yet, or has crashed since and can't know.
 */
export async function askFate(
  database: string,
  { id, life }: TransactionName,
  sentAt: number,
): Promise<boolean | undefined> {
  const deadline = sentAt + WITHIN_MS;
  for (let left = deadline - performance.now(); left > 0; left = deadline - performance.now()) {
    const answer = await askAside<{ status: string }>(database, FATE, [id, life], left).catch(() => undefined);
    if (answer?.status === 'forgotten') return undefined;
    if (answer?.status === 'committed' || answer?.status === 'aborted') return answer.status === 'committed';
    await sleep(PAUSE_MS);
  }
  return undefined;
}
