import { sql } from 'kysely';
import type { Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { refund, settle } from '../spend/settle.store.ts';
import { leaveTitle } from './title.store.ts';
import { deleteTurn } from './turn.store.ts';

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
  /** Whose prices it has; left out where nobody knows better than when it was reserved. */
  priceList?: string | undefined;
  finishReason: string | null;
  usage: { promptTokens: number; cachedTokens: number; completionTokens: number; estimated: boolean };
  /** The unit goes back: nothing the user could read came, through no fault of theirs. */
  refunds: boolean;
  /** Earlier turns that did not fit into the context window. */
  leftOut?: number;
  /** The quotes that the model was given, as JSON. */
  citations?: string | null;
  /** Its prompt has a reply already: the new one is shown in its place. */
  regenerates?: boolean;
  /** The turn goes as well: it was refused, and a refused request leaves nothing behind. */
  forgets: boolean;
  /** Its session may want a better title than the beginning of its first message. */
  names?: boolean;
  /** The problem document that ended it, as JSON. */
  error: string | null;
  now: number;
}

type Ending = { id: string; state: string; error: string | null; now: number };

const endGeneration = statement<Ending, { reply_id: number | null }>((db, ending) =>
  db
    .updateTable('generations')
    .set({
      state: ending.state as Schema['generations']['state'],
      error: ending.error,
      finished_at: ending.now,
    })
    .where('id', '=', ending.id)
    .where('state', '=', sql.lit('running'))
    .returning('reply_id'),
);

const linkReply = statement<{ id: string; replyId: number }, { id: string }>((db, link) =>
  db.updateTable('generations').set({ reply_id: link.replyId }).where('id', '=', link.id).returning('id'),
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
  leftOut: number | null;
  citations: string | null;
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
      left_out: reply.leftOut,
      citations: reply.citations,
      created_at: reply.now,
      updated_at: reply.now,
    })
    .returning('id'),
);

const markAnswered = statement<{ sessionId: number }, { id: number }>((db, { sessionId }) =>
  db
    .updateTable('sessions')
    .set({ answered: 1 })
    .where('id', '=', sessionId)
    .where('answered', '=', sql.lit(0))
    .returning('id'),
);

/** Stores a new reply as the one that its prompt shows. */
async function addReply(trx: Trx, reply: Reply, regenerates: boolean): Promise<number> {
  if (regenerates) {
    await trx
      .updateTable('messages')
      .set({ chosen: 0 })
      .where('parent_id', '=', reply.promptId)
      .where('role', '=', sql.lit('assistant'))
      .execute();
  }
  const inserted = await insertReply.first(trx, reply);
  await markAnswered.first(trx, { sessionId: reply.sessionId });
  return inserted!.id;
}

/** The state of the reply that a prompt shows already: an attempt without text changes nothing about it. */
async function shownStatus(trx: Trx, promptId: number): Promise<Schema['messages']['status'] | undefined> {
  const reply = await trx
    .selectFrom('messages')
    .select('status')
    .where('parent_id', '=', promptId)
    .where('role', '=', sql.lit('assistant'))
    .where('chosen', '=', 1)
    .executeTakeFirst();
  return reply?.status;
}

/**
 * Ends a generation: reply, statuses and ledger in one transaction. Gives the reply's id, or null where there
 * is no reply. Where it has been ended already (or deleted), nothing changes but the reservation is closed.
 */
export async function finishGeneration(trx: Trx, args: FinishArgs): Promise<number | null> {
  const { generationId: id, state, error, now } = args;
  const ended = await endGeneration.first(trx, { id, state, error, now });
  const replyId = ended ? await storeEnd(trx, args, ended.reply_id) : null;
  await closeReservation(trx, args);
  return replyId;
}

async function storeEnd(trx: Trx, args: FinishArgs, linkedId: number | null): Promise<number | null> {
  if (args.forgets) {
    await deleteTurn(trx, { userId: args.userId, id: args.promptId });
    return null;
  }
  const replyId = await storeReply(trx, args);
  if (replyId !== null && replyId !== linkedId) await linkReply.first(trx, { id: args.generationId, replyId });
  const status = (replyId === null ? await shownStatus(trx, args.promptId) : undefined) ?? args.state;
  await setPromptStatus.first(trx, { id: args.promptId, status, now: args.now });
  if (args.names && args.text !== '') await leaveTitle(trx, args);
  return replyId;
}

async function storeReply(trx: Trx, args: FinishArgs): Promise<number | null> {
  if (args.text === '') return null;
  const { promptTokens, completionTokens } = args.usage;
  if (args.replyId === null) {
    const reply = {
      sessionId: args.sessionId,
      userId: args.userId,
      promptId: args.promptId,
      content: args.text,
      status: args.state,
      model: args.model,
      finishReason: args.finishReason,
      promptTokens,
      completionTokens,
      leftOut: args.leftOut ?? null,
      citations: args.citations ?? null,
      now: args.now,
    };
    return addReply(trx, reply, args.regenerates ?? false);
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
      left_out: args.leftOut ?? null,
      citations: args.citations ?? null,
      updated_at: args.now,
    })
    .where('id', '=', args.replyId)
    .execute();
  return args.replyId;
}

async function closeReservation(trx: Trx, args: FinishArgs): Promise<void> {
  const { reservationId, model, priceList, now } = args;
  if (!args.refunds) {
    await settle(trx, { reservationId, model, priceList, ...args.usage, now });
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
  regenerates: boolean;
  now: number;
}

/** Saves what has come so far, so that a crash loses a second at most. Gives the reply's id, null where it has ended. */
export async function saveProgress(trx: Trx, args: ProgressArgs): Promise<number | null> {
  const { text: content, now } = args;
  // The change of nothing locks the row, so that nobody ends it (or deletes it) in between.
  const running = await trx
    .updateTable('generations')
    .set({ state: 'running' })
    .where('id', '=', args.generationId)
    .where('state', '=', 'running')
    .returning('id')
    .executeTakeFirst();
  if (!running) return null;
  if (args.replyId !== null) {
    await trx.updateTable('messages').set({ content, updated_at: now }).where('id', '=', args.replyId).execute();
    return args.replyId;
  }
  const reply = {
    sessionId: args.sessionId,
    userId: args.userId,
    promptId: args.promptId,
    content,
    status: 'running',
    model: args.model,
    finishReason: null,
    promptTokens: null,
    completionTokens: null,
    leftOut: null,
    citations: null,
    now,
  };
  const replyId = await addReply(trx, reply, args.regenerates);
  await linkReply.first(trx, { id: args.generationId, replyId });
  return replyId;
}
