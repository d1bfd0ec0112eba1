import { sql } from 'kysely';
import type { IntakeQuestion } from '#contracts/sessions.ts';
import { invalidField, Problem } from '../errors.ts';
import type { Schema, Trx } from '../db/schema.ts';
import { refuseDuringRun } from './thread-turn.store.ts';
import { titleOf } from './title-text.ts';

/** A prompt that is asked now. */
export interface AskedPrompt {
  id: number;
  sessionId: number;
  content: string;
  createdAt: number;
}

/** What a turn finds where it goes: the prompt itself, or what a new one follows. */
export interface FoundPlace {
  sessionId: number;
  prompt?: AskedPrompt;
  parentId?: number | null;
  kind?: Schema['messages']['kind'];
  /** It takes no unit. */
  free?: boolean;
  /** The slug of the session's bot. */
  bot: string | null;
}

type OwnSession = Pick<Schema['sessions'], 'status' | 'head_id'> & { id: number; intake: string; bot: string | null };

/** Locks an own session and marks it as used. Throws `not_found`, and `conflict` while a run answers in it. */
async function lockSession(trx: Trx, args: { sessionId: number; userId: number; now: number }): Promise<OwnSession> {
  const session = await trx
    .updateTable('sessions')
    .set({ updated_at: args.now })
    .where('id', '=', args.sessionId)
    .where('user_id', '=', args.userId)
    .returning(['id', 'status', 'head_id', 'intake'])
    .returning((row) => [
      row.selectFrom('bots').select('slug').whereRef('bots.id', '=', 'sessions.bot_id').as('bot'),
      row.selectFrom('threads').select('public_id').whereRef('session_id', '=', 'sessions.id').as('thread'),
    ])
    .executeTakeFirst();
  if (!session) throw new Problem('not_found');
  if (session.thread !== null) await refuseDuringRun(trx, session.id);
  return session;
}

interface ContinueArgs {
  sessionId: number;
  userId: number;
  systemPrompt: string | null;
  now: number;
}

/** After the last prompt of the branch that is shown. Throws `session_in_intake`. */
export async function continueSession(trx: Trx, args: ContinueArgs): Promise<FoundPlace> {
  const session = await lockSession(trx, args);
  if (session.status !== 'open') throw new Problem('session_in_intake');
  if (args.systemPrompt !== null) await changeSystemPrompt(trx, session, args.systemPrompt);
  if (session.head_id !== null) return { sessionId: session.id, bot: session.bot, parentId: session.head_id };
  const last = await trx
    .selectFrom('messages')
    .select((row) => row.fn.max('id').as('id'))
    .where('session_id', '=', session.id)
    .where('role', '=', 'user')
    .executeTakeFirst();
  return { sessionId: session.id, bot: session.bot, parentId: last?.id ?? null };
}

/** Only the free chat takes a system prompt of its user; other bots have their instructions. */
async function changeSystemPrompt(trx: Trx, session: OwnSession, systemPrompt: string): Promise<void> {
  if (session.bot !== 'free') throw invalidField('system_prompt', 'can not be set in a session of this bot');
  await trx.updateTable('sessions').set({ system_prompt: systemPrompt }).where('id', '=', session.id).execute();
}

/** An answer to question `number` of the intake, counted from 1. */
export interface IntakeAnswer {
  number: number;
  content: string;
}

export interface AnswerIntakeArgs {
  sessionId: number;
  userId: number;
  answer: IntakeAnswer;
  now: number;
}

export interface StoredAnswer {
  promptId: number;
  kind: IntakeQuestion['kind'];
  status: Schema['sessions']['status'];
}

/** Stores the answer to the next question of an intake. Throws `conflict` where that question is not the next. */
export async function answerIntake(trx: Trx, args: AnswerIntakeArgs): Promise<StoredAnswer> {
  return storeAnswer(trx, await lockSession(trx, args), args);
}

async function storeAnswer(trx: Trx, session: OwnSession, args: AnswerIntakeArgs): Promise<StoredAnswer> {
  const { answer, userId, now } = args;
  const questions = JSON.parse(session.intake) as IntakeQuestion[];
  const { count } = await trx
    .selectFrom('messages')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('session_id', '=', session.id)
    .executeTakeFirstOrThrow();
  const question = questions[count];
  if (session.status !== 'intake' || !question || answer.number !== count + 1) throw new Problem('conflict');
  if (question.required && answer.content.trim() === '') throw invalidField('content', 'is needed for this question');
  const prompt = await insertAnswer(trx, session.id, { ...args, ...question, parentId: session.head_id });
  const status = count + 1 === questions.length ? 'ready' : 'intake';
  await trx
    .updateTable('sessions')
    .set({ head_id: prompt.id, status, updated_at: now })
    .where('id', '=', session.id)
    .where('user_id', '=', userId)
    .execute();
  return { promptId: prompt.id, kind: question.kind, status };
}

type NewAnswer = {
  userId: number;
  kind: IntakeQuestion['kind'];
  answer: { content: string };
  parentId: number | null;
  now: number;
};

function insertAnswer(trx: Trx, sessionId: number, answer: NewAnswer): Promise<{ id: number }> {
  return trx
    .insertInto('messages')
    .values({
      session_id: sessionId,
      user_id: answer.userId,
      role: 'user',
      kind: answer.kind,
      parent_id: answer.parentId,
      content: answer.answer.content,
      status: 'answered',
      asked: 0,
      chosen: 0,
      created_at: answer.now,
      updated_at: answer.now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
}

interface AskIntakeArgs {
  sessionId: number;
  userId: number;
  answer: IntakeAnswer | null;
  now: number;
}

/** The last answer of an intake asks for all of them. Throws `conflict` where answers are missing or it was asked. */
export async function askIntake(trx: Trx, args: AskIntakeArgs): Promise<FoundPlace> {
  const session = await lockSession(trx, args);
  const { answer } = args;
  const stored = answer ? await storeAnswer(trx, session, { ...args, answer }) : session;
  if (stored.status !== 'ready') {
    throw new Problem(stored.status === 'intake' ? 'session_in_intake' : 'conflict');
  }
  await openIntake(trx, session.id);
  const promptId = 'promptId' in stored ? stored.promptId : stored.head_id!;
  return { sessionId: session.id, bot: session.bot, prompt: await markAsked(trx, session.id, promptId, args.now) };
}

/** The intake is over; the session is named for its goal until there is a better title. */
async function openIntake(trx: Trx, sessionId: number): Promise<void> {
  const answers = await trx
    .selectFrom('messages')
    .select(['kind', 'content'])
    .where('session_id', '=', sessionId)
    .orderBy('id')
    .execute();
  const named = answers.find(({ kind }) => kind === 'goal') ?? answers[0];
  await trx
    .updateTable('sessions')
    .set((row) => ({ status: 'open' as const, title: named ? titleOf(named.content) : row.ref('title') }))
    .where('id', '=', sessionId)
    .where('titled_by', '=', 'message')
    .execute();
  await trx.updateTable('sessions').set({ status: 'open' }).where('id', '=', sessionId).execute();
}

async function markAsked(trx: Trx, sessionId: number, promptId: number, now: number): Promise<AskedPrompt> {
  const { content, created_at } = await trx
    .updateTable('messages')
    .set({ asked: 1, status: 'running', updated_at: now })
    .where('id', '=', promptId)
    .where('session_id', '=', sessionId)
    .returning(['content', 'created_at'])
    .executeTakeFirstOrThrow();
  return { id: promptId, sessionId, content, createdAt: created_at };
}

type PromptRow = Pick<Schema['messages'], 'kind' | 'parent_id' | 'status' | 'asked'> & { id: number };

async function findPrompt(trx: Trx, sessionId: number, promptId: number): Promise<PromptRow> {
  const prompt = await trx
    .selectFrom('messages')
    .select(['id', 'kind', 'parent_id', 'status', 'asked'])
    .where('id', '=', promptId)
    .where('session_id', '=', sessionId)
    .where('role', '=', 'user')
    .executeTakeFirst();
  if (!prompt) throw new Problem('not_found');
  return prompt;
}

interface EditArgs {
  sessionId: number;
  promptId: number;
  userId: number;
  content: string;
  now: number;
}

/** A new version of a prompt, as a branch of its own; a changed answer of the intake takes the later ones along. */
export async function editPrompt(trx: Trx, args: EditArgs): Promise<FoundPlace> {
  const session = await lockSession(trx, args);
  if (session.status !== 'open') throw new Problem('session_in_intake');
  const prompt = await findPrompt(trx, session.id, args.promptId);
  const { kind } = prompt;
  if (kind === 'question' || kind === 'reply')
    return { sessionId: session.id, bot: session.bot, parentId: prompt.parent_id };
  const later = await laterAnswers(trx, session, prompt.id);
  const last = later.pop();
  if (!last) return { sessionId: session.id, bot: session.bot, parentId: prompt.parent_id, kind };
  const { userId, now } = args;
  let parentId = prompt.parent_id;
  for (const answer of [{ kind, content: args.content }, ...later, last]) {
    const inserted = await insertAnswer(trx, session.id, { userId, now, kind: answer.kind, answer, parentId });
    parentId = inserted.id;
  }
  await trx.updateTable('sessions').set({ head_id: parentId }).where('id', '=', session.id).execute();
  return { sessionId: session.id, bot: session.bot, prompt: await markAsked(trx, session.id, parentId!, now) };
}

/** The answers of the intake that come after one of them, in the branch that is shown where there are several. */
async function laterAnswers(trx: Trx, session: OwnSession, promptId: number) {
  const rows = await trx
    .selectFrom('messages')
    .select(['id', 'kind', 'parent_id', 'content'])
    .where('session_id', '=', session.id)
    .where('role', '=', 'user')
    .where('kind', '!=', 'question')
    .orderBy('id')
    .execute();
  const answers: { kind: IntakeQuestion['kind']; content: string }[] = [];
  let parent = promptId;
  for (;;) {
    const next = rows.findLast((row) => row.parent_id === parent);
    if (!next) return answers;
    answers.push({ kind: next.kind as IntakeQuestion['kind'], content: next.content });
    parent = next.id;
  }
}

interface RegenerateArgs {
  sessionId: number;
  promptId: number;
  userId: number;
  now: number;
}

/** The same prompt again. One that a failure of ours has cut is free, once. */
export async function regenerate(trx: Trx, args: RegenerateArgs): Promise<FoundPlace> {
  const session = await lockSession(trx, args);
  const prompt = await findPrompt(trx, session.id, args.promptId);
  if (prompt.asked === 0) throw new Problem('conflict', 'This prompt has not been asked.');
  if (prompt.status === 'running') throw new Problem('conflict', 'Its answer is being written.');
  const free = prompt.status === 'interrupted' && !(await hadFreeAnswer(trx, prompt.id));
  return {
    sessionId: session.id,
    bot: session.bot,
    prompt: await markAsked(trx, session.id, prompt.id, args.now),
    free,
  };
}

async function hadFreeAnswer(trx: Trx, promptId: number): Promise<boolean> {
  const given = await trx
    .selectFrom('generations')
    .select('id')
    .where('prompt_id', '=', promptId)
    .where('free', '=', sql.lit(1))
    .where('state', '!=', 'failed')
    .executeTakeFirst();
  return given !== undefined;
}
