import { z } from 'zod';
import { problemDocument } from './errors.ts';
import { link, match, pageOf, pageQuery } from './lists.ts';
import { freeText, instant, longText, rowId } from './text.ts';

/** Longest message, in code points; the body limit usually ends earlier. */
export const MAX_CONTENT = 1_000_000;

const content = longText(1, MAX_CONTENT);

const historyMessage = z.object({ role: z.enum(['user', 'assistant']), content: longText(0, MAX_CONTENT) });

/** What asks the model: `content`, or `message` as its other name. */
export const chatBody = z
  .object({
    content: content.optional(),
    message: content.optional(),
    conversation_history: z.array(historyMessage).max(1_000).optional(),
    system_prompt: longText(0, 100_000).optional(),
    model: freeText.min(1).max(200).optional(),
    temperature: z.number().min(0).max(2).optional(),
    max_tokens: z.int().min(1).max(1_000_000).optional(),
    session_id: rowId.optional(),
  })
  .check((context) => {
    const { content: given, message, session_id, conversation_history } = context.value;
    const issue = (path: string, text: string) =>
      context.issues.push({ code: 'custom', path: [path], message: text, input: context.value });
    if (given === undefined && message === undefined) issue('content', 'is needed (or message, its other name)');
    if (given !== undefined && message !== undefined) issue('message', 'is another name of content: send one of them');
    if (session_id !== undefined && conversation_history !== undefined) {
      issue('conversation_history', 'can not go with session_id: the stored conversation is sent');
    }
  });
export type ChatBody = z.infer<typeof chatBody>;

export const turnStatus = z.enum(['running', 'done', 'stopped', 'failed', 'interrupted']);
export type TurnStatus = z.infer<typeof turnStatus>;

export const usage = z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() });
export type Usage = z.infer<typeof usage>;

export const chatReply = z.object({ id: rowId, user: z.string(), content: z.string(), created_at: instant });
export type ChatReply = z.infer<typeof chatReply>;

/** A quote of the board that the model was given for its answer. */
export const citation = z
  .object({
    id: rowId,
    content: z.string(),
    speaker: z.string().nullable(),
    episode: z.string().nullable(),
    situation: z.string().nullable(),
  })
  .meta({ id: 'Citation' });
export type Citation = z.infer<typeof citation>;

/** One turn: a message, and the reply as far as it came. */
export const turn = z
  .object({
    id: rowId,
    user: z.string(),
    content: z.string(),
    created_at: instant,
    updated_at: instant,
    status: turnStatus,
    chat_reply: chatReply.nullable(),
    response: z.string().nullable(),
    usage: usage.optional(),
    model: z.string().nullable(),
    timestamp: instant,
    session_id: rowId,
    /** Earlier turns that did not fit into the model's context window; left out where all did. */
    left_out: z.int().optional(),
    /** Where the bot reads quotes: those that the model was given. */
    citations: z.array(citation).optional(),
    links: z.array(link),
  })
  .meta({ id: 'Turn' });
export type Turn = z.infer<typeof turn>;

/** `match`: where the text that was searched for stands. */
export const turnPage = pageOf(turn.extend({ match: match.optional() })).meta({ id: 'TurnPage' });

export const turnQuery = pageQuery.extend({ q: freeText.max(200).optional() });

export const streamStarted = z
  .object({ stream_id: z.string(), status: z.literal('started') })
  .meta({ id: 'StreamStarted' });

export const finishReason = z.enum(['stop', 'length', 'content_filter', 'stopped']);

/** The `data` of the events of a stream. The id of an event counts the UTF-16 units of answer text sent so far. */
export const startEvent = z.object({
  type: z.literal('START'),
  stream_id: z.string(),
  chat_id: rowId,
  session_id: rowId,
});
export const chunkEvent = z.object({ type: z.literal('CHUNK'), content: z.string() });
export const endEvent = z.object({
  type: z.literal('END'),
  full_content: z.string(),
  chat_id: rowId,
  usage: usage.nullable(),
  finish_reason: finishReason,
});
export const errorEvent = z.object({ type: z.literal('ERROR'), error: problemDocument, chat_id: rowId });
export const streamEvent = z
  .discriminatedUnion('type', [startEvent, chunkEvent, endEvent, errorEvent])
  .meta({ id: 'StreamEvent' });
export type StreamEvent = z.infer<typeof streamEvent>;

/** What comes over `/chat/ws`. A chat message is a `chatBody` beside its type. */
export const socketFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auth'), token: z.string().min(1).max(512) }),
  z.object({ type: z.literal('chat'), idempotency_key: z.string().optional() }),
  z.object({ type: z.literal('stop'), stream_id: z.string().regex(/^[\w-]{1,64}$/) }),
]);
export type SocketFrame = z.infer<typeof socketFrame>;

/** What tells the answers on one socket apart: beside the fields of every event. */
export interface SocketContext {
  stream_id?: string;
  idempotency_key?: string;
}
export type SocketEvent =
  | (StreamEvent & SocketContext)
  | ({ type: 'ERROR'; error: z.infer<typeof problemDocument> } & SocketContext);

export const modelList = z
  .object({
    models: z.array(
      z.object({
        id: z.string(),
        owned_by: z.string(),
        context_window: z.int().optional(),
        price: z.object({ input: z.number(), output: z.number() }).optional(),
      }),
    ),
    default: z.string().nullable(),
  })
  .meta({ id: 'ModelList' });
