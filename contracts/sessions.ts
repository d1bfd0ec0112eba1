import { z } from 'zod';
import { pageOf, pageQuery } from './lists.ts';
import { freeText, instant, nameText, rowId } from './text.ts';

export const visibility = z.enum(['private', 'public']);
export const sessionStatus = z.enum(['intake', 'ready', 'open']);
export const intakeKind = z.enum(['current_state', 'goal', 'misc']);

export const intakeQuestion = z.object({ kind: intakeKind, question: nameText(1, 300), required: z.boolean() });
export type IntakeQuestion = z.infer<typeof intakeQuestion>;

/** The question to answer now, and its place among all of them. */
export const nextQuestion = intakeQuestion.extend({ number: z.int(), of: z.int() });
export type NextQuestion = z.infer<typeof nextQuestion>;

export const promptStatus = z.enum(['answered', 'running', 'done', 'stopped', 'failed', 'interrupted']);

export const sessionReply = z.object({
  id: rowId,
  content: z.string(),
  model: z.string().nullable(),
  created_at: instant,
});
export type SessionReply = z.infer<typeof sessionReply>;

export const sessionPrompt = z.object({
  id: rowId,
  kind: z.enum(['question', 'current_state', 'goal', 'misc']),
  content: z.string(),
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
    /** The beginning of the first message, or the place of the text that was searched for. */
    excerpt: z.string(),
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
});
