import type { Db, Schema } from '../db/schema.ts';
import { pageOf, type Cursor } from './cursor.store.ts';

export interface RunRow {
  id: number;
  public_id: string;
  user_id: number;
  session_id: number;
  prompt_id: number | null;
  assistant_id: string;
  key_id: number | null;
  status: Schema['runs']['status'];
  document: string;
  metadata: string;
  last_error: string | null;
  incomplete_reason: string | null;
  prompt_tokens: number;
  completion_tokens: number;
  reservation_id: number | null;
  instance_id: string;
  created_at: number;
  started_at: number | null;
  expires_at: number;
  ended_at: number | null;
}

export const runColumns = [
  'id',
  'public_id',
  'user_id',
  'session_id',
  'prompt_id',
  'assistant_id',
  'key_id',
  'status',
  'document',
  'metadata',
  'last_error',
  'incomplete_reason',
  'prompt_tokens',
  'completion_tokens',
  'reservation_id',
  'instance_id',
  'created_at',
  'started_at',
  'expires_at',
  'ended_at',
] as const;

export function findRun(db: Db, args: { sessionId: number; id: string }): Promise<RunRow | undefined> {
  return db
    .selectFrom('runs')
    .select(runColumns)
    .where('session_id', '=', args.sessionId)
    .where('public_id', '=', args.id)
    .executeTakeFirst();
}

export function listRuns(db: Db, sessionId: number, cursor: Cursor): Promise<RunRow[]> {
  return pageOf(db.selectFrom('runs').select(runColumns).where('session_id', '=', sessionId), 'id', cursor);
}

/** The run that was accepted under an Idempotency-Key. */
export function findRepeated(
  db: Db,
  args: { userId: number; key: string },
): Promise<(RunRow & { body_hash: string | null }) | undefined> {
  return db
    .selectFrom('runs')
    .select([...runColumns, 'body_hash'])
    .where('user_id', '=', args.userId)
    .where('idempotency_key', '=', args.key)
    .executeTakeFirst();
}

export interface StepRow {
  id: number;
  public_id: string;
  kind: Schema['run_steps']['kind'];
  status: Schema['run_steps']['status'];
  details: string;
  last_error: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  created_at: number;
  ended_at: number | null;
}

const stepColumns = [
  'id',
  'public_id',
  'kind',
  'status',
  'details',
  'last_error',
  'prompt_tokens',
  'completion_tokens',
  'created_at',
  'ended_at',
] as const;

function selectSteps(db: Db, runId: number) {
  return db.selectFrom('run_steps').select(stepColumns).where('run_id', '=', runId);
}

export function findStep(db: Db, args: { runId: number; id: string }): Promise<StepRow | undefined> {
  return selectSteps(db, args.runId).where('public_id', '=', args.id).executeTakeFirst();
}

export function listSteps(db: Db, runId: number, cursor: Cursor): Promise<StepRow[]> {
  return pageOf(selectSteps(db, runId), 'id', cursor);
}

/** Every step of a run, the oldest first. */
export function readSteps(db: Db, runId: number): Promise<StepRow[]> {
  return selectSteps(db, runId).orderBy('id').execute();
}
