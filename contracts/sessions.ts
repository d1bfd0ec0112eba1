import { z } from 'zod';
import { citation, MAX_CONTENT, turn } from './chat.ts';
import { match, pageOf, pageQuery } from './lists.ts';
import { freeText, instant, longText, nameText, rowId } from './text.ts';

export const visibility = z.enum(['private', 'public']);
export const sessionStatus = z.enum(['intake', 'ready', 'open']);
export const intakeKind = z.enum(['current_state', 'goal', 'misc']);

export const intakeQuestion = z.object({ kind: intakeKind, question: nameText(1, 300), required: z.boolean() });
export type IntakeQuestion = z.infer<typeof intakeQuestion>;

/** The question to answer now, and its place among all of them. */
export const nextQuestion = intakeQuestion.extend({ number: z.int(), of: z.int() });
export type NextQuestion = z.infer<typeof nextQuestion>;

export const promptStatus = z.enum(['answered', 'running', 'done', 'stopped', 'failed', 'interrupted']);

/** What the owner of a conversation thinks of an answer. */
export const mark = z.enum(['good', 'bad']);
export type Mark = z.infer<typeof mark>;

export const sessionReply = z.object({
  id: rowId,
  content: z.string(),
  model: z.string().nullable(),
  created_at: instant,
  left_out: z.int().optional(),
  citations: z.array(citation).optional(),
  /** Its owner's alone to see. */
  mark: mark.optional(),
});

export const sessionPrompt = z.object({
  id: rowId,
  kind: z.enum(['question', 'current_state', 'goal', 'misc']),
  content: z.string(),
  /** What the bot asked, where this is an answer of its intake. */
  question: z.string().optional(),
  created_at: instant,
  /** `answered`: stored for the model, which has not been asked with it alone. */
  status: promptStatus,
  /** The stream of the answer that is being written. */
  stream_id: z.string().nullable(),
  replies: z.array(sessionReply),
  /** The id of the reply that the conversation goes on from. */
  chosen: rowId.nullable(),
  /** Every version of this prompt, the oldest first: an edited prompt is a new branch. */
  versions: z.array(rowId),
});
export type SessionPrompt = z.infer<typeof sessionPrompt>;

const sessionFields = z.object({
  id: rowId,
  bot: z.string(),
  title: z.string(),
  status: sessionStatus,
  visibility,
  pinned: z.boolean(),
  next_question: nextQuestion.nullable(),
  created_at: instant,
  updated_at: instant,
  /** Whose it is: the address for its owner and administrators, the nickname for everybody else. */
  user: z.string(),
  mine: z.boolean(),
});

export const session = sessionFields.extend({ prompts: z.array(sessionPrompt) }).meta({ id: 'Session' });
export type Session = z.infer<typeof session>;

export const sessionRow = sessionFields
  .extend({
    /** The beginning of the first message. */
    excerpt: z.string(),
    /** Where the text that was searched for stands; null where it is in the title. */
    match: match.nullable().optional(),
  })
  .meta({ id: 'SessionRow' });
export type SessionRow = z.infer<typeof sessionRow>;

export const sessionPage = pageOf(sessionRow).meta({ id: 'SessionPage' });

export const sessionQuery = pageQuery.extend({
  mine: z.enum(['true', 'false']).optional(),
  bot: freeText.max(60).optional(),
  q: freeText.max(200).optional(),
});

export const sessionChange = z.object({
  title: nameText(1, 200).optional(),
  visibility: visibility.optional(),
  pinned: z.boolean().optional(),
  /** Shows the branch that this prompt is in. */
  branch: rowId.optional(),
});

/** `bot`: its slug. */
export const newSession = z.object({ bot: freeText.min(1).max(60) });

const content = longText(0, MAX_CONTENT);

/** `ask: false`: the last answer of an intake is stored and the model not asked yet. */
export const promptBody = z.object({
  content,
  stream: z.boolean().optional(),
  ask: z.boolean().optional(),
});

/** `chosen`: the reply that the conversation goes on from; `mark`: of the chosen reply, null takes it away. */
export const promptChange = z.object({
  content: content.optional(),
  chosen: rowId.optional(),
  mark: mark.nullable().optional(),
  stream: z.boolean().optional(),
});

export const askBody = z.object({ stream: z.boolean().optional() });

const sessionState = sessionFields.pick({ id: true, status: true, next_question: true });

export const promptKind = z.enum(['question', 'current_state', 'goal', 'misc']);

/** An answer of the intake, as it was stored. */
export const storedAnswer = z
  .object({ id: rowId, kind: promptKind, content: z.string(), created_at: instant, session: sessionState })
  .meta({ id: 'StoredAnswer' });

/** A turn of a session, with the state of the session after it. */
export const promptTurn = turn.extend({ kind: promptKind, session: sessionState }).meta({ id: 'PromptTurn' });

export const promptAnswer = z.union([promptTurn, storedAnswer]);

export const promptStream = z
  .object({
    id: rowId,
    stream_id: z.string(),
    status: z.literal('started'),
    kind: promptKind,
    session: sessionState,
  })
  .meta({ id: 'PromptStream' });

/** Of one bot and model, over all users. */
export const markCount = z
  .object({ bot: z.string(), model: z.string().nullable(), good: z.int(), bad: z.int() })
  .meta({ id: 'MarkCount' });
export type MarkCount = z.infer<typeof markCount>;
export const markCounts = z.object({ results: z.array(markCount) });

export const exportQuery = z.object({ format: z.enum(['md', 'json']).default('md') });
