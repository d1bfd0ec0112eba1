import { sql } from 'kysely';
import { databaseNow } from '../db/clock.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { refund, settle } from '../spend/spend.store.ts';

/** A generation's last state, as it is stored. */
export interface FinishArgs {
  generationId: string;
  promptId: number;
  sessionId: number;
  userId: number;
  reservationId: number;
  state: 'done' | 'stopped' | 'failed' | 'interrupted';
  /** Everything the model wrote; '' where no token came. */
  text: string;
  /** The reply that progress was saved to, if there is one. */
  replyId: number | null;
  model: string;
  finishReason: string | null;
  usage: { promptTokens: number; cachedTokens: number; completionTokens: number; estimated: boolean };
  /** The unit goes back: nothing the user could read came, through no fault of theirs. */
  refunds: boolean;
  /** The problem document that ended it, as JSON. */
  error: string | null;
  now: number;
}

type Ending = { id: string; state: string; error: string | null; now: number; replyId: number | null };

const endGeneration = statement<Ending, { id: string }>((db, ending) =>
  db
    .updateTable('generations')
    .set({
      state: ending.state as Schema['generations']['state'],
      error: ending.error,
      finished_at: ending.now,
      reply_id: ending.replyId,
    })
    .where('id', '=', ending.id)
    .where('state', '=', sql.lit('running'))
    .returning('id'),
);

type PromptStatus = { id: number; status: string; now: number };

const setPromptStatus = statement<PromptStatus, { id: number }>((db, prompt) =>
  db
    .updateTable('messages')
    .set({ status: prompt.status as Schema['messages']['status'], updated_at: prompt.now })
    .where('id', '=', prompt.id)
    .returning('id'),
);

type Reply = {
  sessionId: number;
  userId: number;
  promptId: number;
  content: string;
  status: string;
  model: string;
  finishReason: string | null;
  promptTokens: number | null;
  completionTokens: number | null;
  now: number;
};

const insertReply = statement<Reply, { id: number }>((db, reply) =>
  db
    .insertInto('messages')
    .values({
      session_id: reply.sessionId,
      user_id: reply.userId,
      role: 'assistant',
      kind: 'reply',
      parent_id: reply.promptId,
      content: reply.content,
      status: reply.status as Schema['messages']['status'],
      asked: 0,
      chosen: 1,
      model: reply.model,
      finish_reason: reply.finishReason,
      prompt_tokens: reply.promptTokens,
      completion_tokens: reply.completionTokens,
      created_at: reply.now,
      updated_at: reply.now,
    })
    .returning('id'),
);

/**
 * Ends a generation: reply, statuses and ledger in one transaction. Gives the reply's id, or null where there
 * is no reply. Where it has been ended already (or deleted), nothing changes but the reservation is closed.
 */
export async function finishGeneration(trx: Trx, args: FinishArgs): Promise<number | null> {
  const replyId = await storeReply(trx, args);
  const { generationId: id, state, error, now } = args;
  const ended = await endGeneration.first(trx, { id, state, error, now, replyId });
  if (ended) await setPromptStatus.first(trx, { id: args.promptId, status: state, now });
  await closeReservation(trx, args);
  return replyId;
}

async function storeReply(trx: Trx, args: FinishArgs): Promise<number | null> {
  if (args.text === '') return null;
  const { promptTokens, completionTokens } = args.usage;
  if (args.replyId === null) {
    const reply = await insertReply.first(trx, {
      sessionId: args.sessionId,
      userId: args.userId,
      promptId: args.promptId,
      content: args.text,
      status: args.state,
      model: args.model,
      finishReason: args.finishReason,
      promptTokens,
      completionTokens,
      now: args.now,
    });
    return reply!.id;
  }
  await trx
    .updateTable('messages')
    .set({
      content: args.text,
      status: args.state,
      model: args.model,
      finish_reason: args.finishReason,
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      updated_at: args.now,
    })
    .where('id', '=', args.replyId)
    .execute();
  return args.replyId;
}

async function closeReservation(trx: Trx, args: FinishArgs): Promise<void> {
  const { reservationId, now } = args;
  if (!args.refunds) {
    await settle(trx, { reservationId, model: args.model, ...args.usage, now });
    return;
  }
  if (await refund(trx, { reservationId, now })) {
    // The unit is back, so the same request may be tried again under its key.
    await trx.deleteFrom('idempotency_keys').where('generation_id', '=', args.generationId).execute();
  }
}

export interface ProgressArgs {
  generationId: string;
  promptId: number;
  sessionId: number;
  userId: number;
  replyId: number | null;
  text: string;
  model: string;
  now: number;
}

/** Saves what has come so far, so that a crash loses a second at most. Gives the reply's id. */
export async function saveProgress(trx: Trx, args: ProgressArgs): Promise<number> {
  const { text: content, now } = args;
  if (args.replyId !== null) {
    await trx.updateTable('messages').set({ content, updated_at: now }).where('id', '=', args.replyId).execute();
    return args.replyId;
  }
  const reply = await insertReply.first(trx, {
    sessionId: args.sessionId,
    userId: args.userId,
    promptId: args.promptId,
    content,
    status: 'running',
    model: args.model,
    finishReason: null,
    promptTokens: null,
    completionTokens: null,
    now,
  });
  await trx.updateTable('generations').set({ reply_id: reply!.id }).where('id', '=', args.generationId).execute();
  return reply!.id;
}

export interface StoredGeneration {
  id: string;
  prompt_id: number;
  session_id: number;
  state: Schema['generations']['state'];
  error: string | null;
  finished_at: number | null;
  text: string | null;
  model: string | null;
  finish_reason: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
}

/** An own generation with its answer so far; undefined for another user's. */
export function readGeneration(db: Db, args: { id: string; userId: number }): Promise<StoredGeneration | undefined> {
  return db
    .selectFrom('generations')
    .leftJoin('messages as reply', 'reply.id', 'generations.reply_id')
    .select([
      'generations.id',
      'generations.prompt_id',
      'generations.session_id',
      'generations.state',
      'generations.error',
      'generations.finished_at',
      'reply.content as text',
      'reply.model',
      'reply.finish_reason',
      'reply.prompt_tokens',
      'reply.completion_tokens',
    ])
    .where('generations.id', '=', args.id)
    .where('generations.user_id', '=', args.userId)
    .executeTakeFirst();
}

/** An instance is dead when its last heartbeat is older than this. */
export const HEARTBEAT_LOST_MS = 15_000;

/** Says that this instance lives, by the database's clock. */
export async function beat(trx: Trx, args: { instanceId: string }): Promise<void> {
  const now = await databaseNow(trx);
  await trx
    .insertInto('instances')
    .values({ id: args.instanceId, started_at: now, heartbeat_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ heartbeat_at: now }))
    .execute();
}

/** What an instance left behind, as `finishGeneration` wants it, less what has to be counted. */
export interface Orphan {
  generationId: string;
  promptId: number;
  sessionId: number;
  userId: number;
  reservationId: number;
  replyId: number | null;
  prompt: string;
  text: string;
  model: string;
}

/**
 * Generations that no living instance writes. `alone`: this process is the only one there can be
 * (the embedded database), so every other instance is dead whatever its heartbeat says.
 */
export async function findOrphans(db: Db, args: { instanceId: string; alone: boolean }): Promise<Orphan[]> {
  let query = db
    .selectFrom('generations')
    .innerJoin('messages as prompt', 'prompt.id', 'generations.prompt_id')
    .leftJoin('messages as reply', 'reply.id', 'generations.reply_id')
    .select([
      'generations.id as generationId',
      'generations.prompt_id as promptId',
      'generations.session_id as sessionId',
      'generations.user_id as userId',
      'generations.reservation_id as reservationId',
      'generations.reply_id as replyId',
      'prompt.content as prompt',
      (row) => row.fn.coalesce('reply.content', sql.lit('')).as('text'),
      (row) => row.fn.coalesce('reply.model', sql.lit('')).as('model'),
    ])
    .where('generations.state', '=', sql.lit('running'))
    .where('generations.instance_id', '!=', args.instanceId)
    .limit(500);
  if (!args.alone) {
    const aliveSince = (await databaseNow(db)) - HEARTBEAT_LOST_MS;
    query = query.where('generations.instance_id', 'not in', (living) =>
      living.selectFrom('instances').select('instances.id').where('heartbeat_at', '>=', aliveSince),
    );
  }
  return query.execute();
}
