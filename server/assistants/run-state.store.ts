import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import type { Db, Trx } from '../db/schema.ts';
import { reserve, type ReserveArgs, type Reserved } from '../spend/spend.store.ts';
import { findActiveRun, refuseDuringTurn } from '../turns/thread-turn.store.ts';
import { changeRun, EXPIRES_MS } from './advance-run.store.ts';
import { addMessage, type NewMessage } from './messages.store.ts';
import { readSteps, runColumns, type RunRow } from './runs.store.ts';

/** Locks an own session, so that one thing at a time happens in its thread. */
async function lockThread(trx: Trx, args: { sessionId: number; userId: number }): Promise<void> {
  const locked = await trx
    .updateTable('sessions')
    .set((row) => ({ updated_at: row.ref('updated_at') }))
    .where('id', '=', args.sessionId)
    .where('user_id', '=', args.userId)
    .returning('id')
    .executeTakeFirst();
  if (!locked) throw new Problem('not_found');
}

interface PostMessageArgs {
  sessionId: number;
  threadId: string;
  userId: number;
  message: NewMessage;
}

/** Adds a message to a thread in which nothing runs. Throws 400 while a run is active, 409 while a chat answers. */
export async function postMessage(trx: Trx, args: PostMessageArgs): Promise<void> {
  await lockThread(trx, args);
  const active = await findActiveRun(trx, args.sessionId);
  if (active) {
    throw new Problem(
      'unreadable',
      `Can't add messages to ${args.threadId} while a run ${active.public_id} is active.`,
    );
  }
  await refuseDuringTurn(trx, args.sessionId);
  await addMessage(trx, args);
}

export interface BeginRunArgs {
  id: string;
  sessionId: number;
  threadId: string;
  userId: number;
  assistantId: string;
  botId: number;
  document: string;
  metadata: Record<string, string>;
  messages: NewMessage[];
  reserve: ReserveArgs;
  idempotency: { key: string; bodyHash: string } | null;
  now: number;
}

export interface BegunRun extends Reserved {
  run: RunRow;
}

/**
 * Stores a run with what it takes along, and reserves its first call. Throws 400 where the thread has an active run,
 * 409 where a chat is being answered in it.
 */
export async function beginRun(trx: Trx, args: BeginRunArgs): Promise<BegunRun> {
  const { sessionId, userId, now } = args;
  await lockThread(trx, args);
  const active = await findActiveRun(trx, sessionId);
  if (active) {
    throw new Problem('unreadable', `Thread ${args.threadId} already has an active run ${active.public_id}.`);
  }
  await refuseDuringTurn(trx, sessionId);
  if (args.idempotency) await freeKeys(trx, userId, now);
  for (const message of args.messages) await addMessage(trx, { sessionId, userId, message });
  const reserved = await reserve(trx, args.reserve);
  const promptId = await askHead(trx, sessionId, now);
  await trx.updateTable('sessions').set({ bot_id: args.botId, updated_at: now }).where('id', '=', sessionId).execute();
  const run = await trx
    .insertInto('runs')
    .values({
      public_id: args.id,
      user_id: userId,
      session_id: sessionId,
      prompt_id: promptId,
      assistant_id: args.assistantId,
      key_id: args.reserve.keyId ?? null,
      status: 'queued',
      document: args.document,
      metadata: JSON.stringify(args.metadata),
      reservation_id: reserved.reservation.id,
      instance_id: args.reserve.instanceId,
      idempotency_key: args.idempotency?.key ?? null,
      body_hash: args.idempotency?.bodyHash ?? null,
      created_at: now,
      expires_at: now + EXPIRES_MS,
    })
    .returning(runColumns)
    .executeTakeFirstOrThrow();
  return { ...reserved, run };
}

/** How long an Idempotency-Key is remembered. */
const IDEMPOTENCY_MS = 86_400_000;

async function freeKeys(trx: Trx, userId: number, now: number): Promise<void> {
  await trx
    .updateTable('runs')
    .set({ idempotency_key: null })
    .where('user_id', '=', userId)
    .where('idempotency_key', 'is not', null)
    .where('created_at', '<', now - IDEMPOTENCY_MS)
    .execute();
}

/** The last prompt of the thread is asked now, where it has no answer yet. */
async function askHead(trx: Trx, sessionId: number, now: number): Promise<number | null> {
  const asked = await trx
    .updateTable('messages')
    .set({ asked: 1, status: 'running', updated_at: now })
    .where('id', '=', (row) => row.selectFrom('sessions').select('head_id').where('id', '=', sessionId))
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('messages as reply')
            .select('reply.id')
            .whereRef('reply.parent_id', '=', 'messages.id')
            .where('reply.role', '=', sql.lit('assistant')),
        ),
      ),
    )
    .returning('id')
    .executeTakeFirst();
  return asked?.id ?? null;
}

/** Reserves a later call of a run: it takes no unit. */
export async function reserveCall(trx: Trx, args: { runId: number; reserve: ReserveArgs }): Promise<Reserved> {
  const reserved = await reserve(trx, args.reserve);
  await trx
    .updateTable('runs')
    .set({ reservation_id: reserved.reservation.id })
    .where('id', '=', args.runId)
    .where('ended_at', 'is', null)
    .execute();
  return reserved;
}

/** Asks a run to end. One that waits for outputs is cancelled at once. Throws 400 for one that has ended. */
export async function cancelRun(trx: Trx, args: { sessionId: number; id: string; now: number }): Promise<RunRow> {
  const run = await trx
    .updateTable('runs')
    .set((row) => ({ status: row.ref('status') }))
    .where('session_id', '=', args.sessionId)
    .where('public_id', '=', args.id)
    .returning(runColumns)
    .executeTakeFirst();
  if (!run) throw new Problem('not_found');
  if (run.ended_at !== null || run.status === 'cancelling') {
    throw new Problem('unreadable', `Cannot cancel run with status '${run.status}'.`);
  }
  if (run.status === 'requires_action') return endWaiting(trx, run, 'cancelled', args.now);
  return trx
    .updateTable('runs')
    .set({ status: 'cancelling' })
    .where('id', '=', run.id)
    .returning(runColumns)
    .executeTakeFirstOrThrow();
}

/** Ends a run that nobody carries on, with the step that waits. */
async function endWaiting(trx: Trx, run: RunRow, status: 'cancelled' | 'expired', now: number): Promise<RunRow> {
  await trx
    .updateTable('run_steps')
    .set({ status, ended_at: now })
    .where('run_id', '=', run.id)
    .where('ended_at', 'is', null)
    .execute();
  return changeRun(trx, run, { runId: run.id, now, to: { status } });
}

/** Ends the runs that have waited too long for outputs; of one thread, or of all. Gives how many. */
export async function expireRuns(trx: Trx, args: { sessionId?: number; now: number }): Promise<number> {
  let query = trx
    .selectFrom('runs')
    .select(runColumns)
    .where('ended_at', 'is', null)
    .where('status', '=', 'requires_action')
    .where('expires_at', '<=', args.now);
  if (args.sessionId !== undefined) query = query.where('session_id', '=', args.sessionId);
  const runs = await query.limit(500).execute();
  for (const run of runs) await endWaiting(trx, run, 'expired', args.now);
  return runs.length;
}

export async function changeRunMetadata(
  trx: Trx,
  args: { runId: number; metadata: Record<string, string> },
): Promise<RunRow | undefined> {
  return trx
    .updateTable('runs')
    .set({ metadata: JSON.stringify(args.metadata) })
    .where('id', '=', args.runId)
    .returning(runColumns)
    .executeTakeFirst();
}

export interface SubmitArgs {
  sessionId: number;
  id: string;
  outputs: Record<string, string>;
  instanceId: string;
  now: number;
}

/** A call of a tool, as a step keeps it. */
export interface KeptToolCall {
  id: string;
  type: 'function' | 'file_search';
  function?: { name: string; arguments: string; output: string | null };
  file_search?: object;
}

/** Whether a run has taken exactly these outputs before. */
export async function hasTaken(db: Db, args: { runId: number; outputs: Record<string, string> }): Promise<boolean> {
  const steps = await readSteps(db, args.runId);
  return steps.some(({ details }) => {
    const { tool_calls: calls = [] } = JSON.parse(details) as { tool_calls?: KeptToolCall[] };
    const functions = calls.filter(({ type }) => type === 'function');
    const same = functions.every(({ id, function: called }) => args.outputs[id] === called!.output);
    return same && functions.length > 0 && functions.length === Object.keys(args.outputs).length;
  });
}

/** Takes the outputs of every call that a run waits for; it is queued again. Throws 400 where they do not fit. */
export async function submitOutputs(trx: Trx, args: SubmitArgs): Promise<RunRow> {
  const run = await trx
    .updateTable('runs')
    .set((row) => ({ status: row.ref('status') }))
    .where('session_id', '=', args.sessionId)
    .where('public_id', '=', args.id)
    .returning(runColumns)
    .executeTakeFirst();
  if (!run) throw new Problem('not_found');
  const status = run.status === 'requires_action' && run.expires_at <= args.now ? 'expired' : run.status;
  if (status !== 'requires_action') {
    throw new Problem('unreadable', `Runs in status "${status}" do not accept tool outputs.`);
  }
  const step = await trx
    .selectFrom('run_steps')
    .select(['id', 'details'])
    .where('run_id', '=', run.id)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const details = JSON.parse(step.details) as { type: 'tool_calls'; tool_calls: KeptToolCall[] };
  const waiting = details.tool_calls.filter((call) => call.type === 'function');
  const missing = waiting.filter(({ id }) => args.outputs[id] === undefined).map(({ id }) => id);
  const unknown = Object.keys(args.outputs).filter((id) => !waiting.some((call) => call.id === id));
  if (unknown.length > 0) throw new Problem('unreadable', `No tool call found with id '${unknown[0]}' in this run.`);
  if (missing.length > 0) {
    throw new Problem('unreadable', `Expected tool outputs for call_ids [${missing.join(', ')}], got none.`);
  }
  for (const call of waiting) call.function!.output = args.outputs[call.id]!;
  await trx
    .updateTable('run_steps')
    .set({ details: JSON.stringify(details), status: 'completed', ended_at: args.now })
    .where('id', '=', step.id)
    .execute();
  return trx
    .updateTable('runs')
    .set({ status: 'queued', instance_id: args.instanceId, expires_at: args.now + EXPIRES_MS })
    .where('id', '=', run.id)
    .returning(runColumns)
    .executeTakeFirstOrThrow();
}
