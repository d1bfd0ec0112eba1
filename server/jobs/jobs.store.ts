import { databaseNow } from '../db/clock.ts';
import type { Schema, Trx } from '../db/schema.ts';
import { isPostgres } from '../db/statement.ts';

export type JobKind = Schema['jobs']['kind'];

export interface Job {
  id: number;
  kind: JobKind;
  userId: number | null;
  /** As whoever left the job wrote it. */
  detail: unknown;
  /** This try counted. */
  attempts: number;
}

export interface NewJob {
  kind: JobKind;
  /** Whose account it goes with. */
  userId: number | null;
  detail: object;
  /** What it is about, where one such job at a time is enough. */
  subject?: string;
}

/** Leaves work to be done once this transaction is stored, by whichever instance comes first. */
export async function leaveJob(trx: Trx, { kind, userId, detail, subject }: NewJob): Promise<void> {
  await trx
    .insertInto('jobs')
    .values({ kind, user_id: userId, subject: subject ?? null, detail: JSON.stringify(detail) })
    .onConflict((conflict) => conflict.column('subject').doNothing())
    .execute();
}

/** Takes jobs that are due. Whoever has not ended one after `leaseMs` is taken for dead, and it is due again. */
export async function claimJobs(
  trx: Trx,
  { kinds, limit, leaseMs }: { kinds: JobKind[]; limit: number; leaseMs: number },
): Promise<Job[]> {
  const now = await databaseNow(trx);
  let due = trx
    .selectFrom('jobs')
    .select('id')
    .where('kind', 'in', kinds)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('id')
    .limit(limit);
  if (isPostgres(trx)) due = due.forUpdate().skipLocked();
  const ids = (await due.execute()).map(({ id }) => id);
  if (ids.length === 0) return [];
  const claimed = await trx
    .updateTable('jobs')
    .set((row) => ({ attempts: row('attempts', '+', 1), due_at: now + leaseMs }))
    .where('id', 'in', ids)
    .returning(['id', 'kind', 'user_id', 'detail', 'attempts'])
    .execute();
  return claimed.map(({ user_id: userId, detail, ...job }) => ({ ...job, userId, detail: JSON.parse(detail) }));
}

/** One try of one job: another instance that has taken it since is left alone. */
type Try = Pick<Job, 'id' | 'attempts'>;

export async function endJob(trx: Trx, { id, attempts }: Try): Promise<void> {
  await trx.deleteFrom('jobs').where('id', '=', id).where('attempts', '=', attempts).execute();
}

/** Puts a job back, to be tried again after `pauseMs`. */
export async function postponeJob(trx: Trx, { id, attempts, pauseMs }: Try & { pauseMs: number }): Promise<void> {
  const now = await databaseNow(trx);
  await trx
    .updateTable('jobs')
    .set({ due_at: now + pauseMs })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .execute();
}

/** Puts a job back as if it had not been tried. */
export async function returnJob(trx: Trx, { id, attempts }: Try): Promise<void> {
  await trx
    .updateTable('jobs')
    .set({ attempts: attempts - 1, due_at: 0 })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .execute();
}
