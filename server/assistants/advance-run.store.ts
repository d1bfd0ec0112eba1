/**
 * The states of a run, each change in one transaction with what it changes beside it:
 *
 *   queued ─▶ in_progress ─┬─▶ completed | incomplete | failed
 *      ▲                   ├─▶ requires_action ──(10 minutes)──▶ expired
 *      └── outputs ────────┼──────────┘   └────(cancel)────────▶ cancelled
 *                          └─▶ cancelling ─▶ cancelled
 *
 * A run whose process has died fails at the next start (recover-runs.ts); one that waits for outputs goes on waiting.
 */
import type { RunStatus, Schema, Trx } from '../db/schema.ts';
import { refund, settle, type SettleArgs } from '../spend/settle.store.ts';
import { addMessage, type KeptPart, type NewMessage } from './messages.store.ts';
import { runColumns, type RunRow } from './runs.store.ts';

/** How long a run may wait for outputs, and how long it may take between two waits. */
export const EXPIRES_MS = 600_000;

const ENDED = new Set<RunStatus>(['completed', 'incomplete', 'failed', 'cancelled', 'expired']);

export interface RunError {
  code: 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt';
  message: string;
}

export interface NewStep {
  id: string;
  kind: Schema['run_steps']['kind'];
  details: string;
}

/** What changes together with a run's state. */
export interface Advance {
  runId: number;
  now: number;
  /** Ends the call that is under way. */
  call?: Omit<ClosedCall, 'now'>;
  /** A new message of the assistant, with the step that made it. */
  newMessage?: NewMessage;
  newStep?: NewStep;
  /** The message that grew, at its end. */
  message?: {
    id: string;
    content: KeptPart[];
    status: Schema['thread_messages']['status'];
    reason: string | null;
    model: string;
  };
  step?: {
    id: string;
    status: Schema['run_steps']['status'];
    details?: string;
    error?: RunError | null;
    usage?: { prompt: number; completion: number };
  };
  to?: { status: RunStatus; error?: RunError; reason?: string };
}

/**
 * Takes a run on. Gives it as it is now; undefined: it is gone, or had ended already, and only its call was closed.
 * A run that is being cancelled ends as cancelled, whatever else it came to.
 */
export async function advanceRun(trx: Trx, args: Advance): Promise<RunRow | undefined> {
  const { runId, now, call } = args;
  const run = await trx
    .updateTable('runs')
    .set((row) => ({ status: row.ref('status') }))
    .where('id', '=', runId)
    .where('ended_at', 'is', null)
    .returning(runColumns)
    .executeTakeFirst();
  if (call) await closeCall(trx, { ...call, now });
  if (!run) return undefined;
  if (args.newMessage) {
    await addMessage(trx, { sessionId: run.session_id, userId: run.user_id, message: args.newMessage });
  }
  if (args.newStep) await addStep(trx, runId, args.newStep, now);
  if (args.message) await endMessage(trx, args.message, now);
  if (args.step) await changeStep(trx, args.step, now);
  return changeRun(trx, run, args);
}

export interface ClosedCall {
  reservationId: number;
  /** null: nothing came, and everything goes back. */
  settle: Omit<SettleArgs, 'reservationId' | 'now'> | null;
  now: number;
}

/** Ends a call of this server's own. */
export async function closeCall(trx: Trx, { reservationId, settle: used, now }: ClosedCall): Promise<void> {
  if (used) await settle(trx, { ...used, reservationId, now });
  else await refund(trx, { reservationId, now });
}

async function addStep(trx: Trx, runId: number, { id, kind, details }: NewStep, now: number): Promise<void> {
  await trx
    .insertInto('run_steps')
    .values({ public_id: id, run_id: runId, kind, status: 'in_progress', details, created_at: now })
    .execute();
}

async function endMessage(trx: Trx, message: NonNullable<Advance['message']>, now: number): Promise<void> {
  const text = message.content.map((part) => (part.type === 'text' ? part.text.value : '')).join('\n');
  const ended = await trx
    .updateTable('thread_messages')
    .set({
      status: message.status,
      incomplete_reason: message.reason,
      content: JSON.stringify(message.content),
      ended_at: message.status === 'in_progress' ? null : now,
    })
    .where('public_id', '=', message.id)
    .returning('message_id')
    .executeTakeFirst();
  if (!ended) return;
  const failed = message.reason === 'run_cancelled' ? ('stopped' as const) : ('interrupted' as const);
  const cut = message.status === 'incomplete' && message.reason !== 'max_tokens' && message.reason !== 'content_filter';
  await trx
    .updateTable('messages')
    .set({
      content: text,
      status: message.status === 'in_progress' ? 'running' : cut ? failed : 'done',
      model: message.model,
      finish_reason: message.reason === 'max_tokens' ? 'length' : null,
      updated_at: now,
    })
    .where('id', '=', ended.message_id)
    .execute();
}

async function changeStep(trx: Trx, step: NonNullable<Advance['step']>, now: number): Promise<void> {
  await trx
    .updateTable('run_steps')
    .set({
      status: step.status,
      ended_at: step.status === 'in_progress' ? null : now,
      ...(step.details === undefined ? {} : { details: step.details }),
      ...(step.error ? { last_error: JSON.stringify(step.error) } : {}),
      ...(step.usage ? { prompt_tokens: step.usage.prompt, completion_tokens: step.usage.completion } : {}),
    })
    .where('public_id', '=', step.id)
    .execute();
}

/** How a session shows the prompt of a run that has ended so. */
const promptStatus: Partial<Record<RunStatus, Schema['messages']['status']>> = {
  completed: 'done',
  incomplete: 'done',
  cancelled: 'stopped',
  failed: 'failed',
  expired: 'interrupted',
};

/** Changes the state of a run, and with it how its session shows the prompt. */
export async function changeRun(trx: Trx, run: RunRow, { call, to, now }: Advance): Promise<RunRow> {
  const cancels = run.status === 'cancelling' && to !== undefined;
  const status = cancels ? 'cancelled' : (to?.status ?? run.status);
  const ended = ENDED.has(status);
  if (ended && run.prompt_id !== null) {
    await trx
      .updateTable('messages')
      .set({ status: promptStatus[status] ?? 'done', updated_at: now })
      .where('id', '=', run.prompt_id)
      .execute();
  }
  return trx
    .updateTable('runs')
    .set((row) => ({
      status,
      ended_at: ended ? now : null,
      started_at: status === 'in_progress' ? row.fn.coalesce('started_at', row.val(now)) : row.ref('started_at'),
      ...(status === 'requires_action' ? { expires_at: now + EXPIRES_MS } : {}),
      ...(call ? { reservation_id: null } : {}),
      ...(call?.settle
        ? {
            prompt_tokens: row('prompt_tokens', '+', call.settle.promptTokens),
            completion_tokens: row('completion_tokens', '+', call.settle.completionTokens),
          }
        : {}),
      ...(to?.error && !cancels ? { last_error: JSON.stringify(to.error) } : {}),
      ...(to?.reason && !cancels ? { incomplete_reason: to.reason } : {}),
    }))
    .where('id', '=', run.id)
    .returning(runColumns)
    .executeTakeFirstOrThrow();
}

export interface Growth {
  runId: number;
  messageId: string | null;
  text: string;
  now: number;
}

/** Saves what a message has grown to, and gives the state of its run; undefined: it is gone or has ended. */
export async function saveGrowth(trx: Trx, args: Growth): Promise<RunStatus | undefined> {
  const { runId, messageId, text, now } = args;
  if (messageId !== null) {
    await trx
      .updateTable('messages')
      .set({ content: text, updated_at: now })
      .where('id', '=', (row) =>
        row.selectFrom('thread_messages').select('message_id').where('public_id', '=', messageId),
      )
      .where('status', '=', 'running')
      .execute();
  }
  const run = await trx
    .selectFrom('runs')
    .select('status')
    .where('id', '=', runId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return run?.status;
}
