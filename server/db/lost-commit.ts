import { setTimeout as sleep } from 'node:timers/promises';
import { askAside } from './ask-aside.ts';

/**
 * A request is answered within five seconds, whatever the database does: the commit has waited for some of them, and
 * one is for what a busy machine adds.
 */
const WITHIN_MS = 4_000;
const PAUSE_MS = 100;

/** Opens a transaction and asks for its number in the same round trip. */
export const BEGIN = 'begin; select pg_current_xact_id()::text as id';

/**
 * Whether a transaction is stored whose COMMIT was sent at `sentAt` and never answered. undefined: the database
 * can't be asked in time, or does not know yet.
 */
export async function askFate(database: string, transaction: string, sentAt: number): Promise<boolean | undefined> {
  const deadline = sentAt + WITHIN_MS;
  const question = 'select pg_xact_status($1::xid8) as status';
  for (let left = deadline - performance.now(); left > 0; left = deadline - performance.now()) {
    const answer = await askAside<{ status: string }>(database, question, [transaction], left).catch(() => undefined);
    if (answer?.status === 'committed' || answer?.status === 'aborted') return answer.status === 'committed';
    await sleep(PAUSE_MS);
  }
  return undefined;
}
