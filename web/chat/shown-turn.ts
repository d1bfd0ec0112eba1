import type { Citation } from '#contracts/chat.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import type { Mark, SessionPrompt } from '#contracts/sessions.ts';

/** `answered`: an answer of a guided session, that waits for the others. */
type Ended = Exclude<SessionPrompt['status'], 'running'>;

/**
 * A question and its answer as they are on the screen.
 *
 *   sending ─ accepted ─▶ waiting ─ first text ─▶ streaming ─▶ done | stopped | interrupted
 *      │                     └─ no text came ────────────────▶ failed
 *      └─ refused: taken off the screen, its text goes back to the composer
 */
export interface ShownTurn {
  /** Stays the same from the first moment on, also when the server gives the turn its id. */
  key: string;
  id: number | undefined;
  question: string;
  answer: string;
  state: 'sending' | 'waiting' | 'streaming' | Ended;
  model: string | null;
  askedAt: number;
  streamId: string | undefined;
  /** Asked in this visit: such a turn is shown at the top of the screen. */
  fresh: boolean;
  /** The connection is broken and is being made again. */
  lost: boolean;
  /** Stop was asked for. */
  stopping: boolean;
  failure: ErrorCode | 'unreachable' | undefined;
  /** The answer ended at the model's maximum of tokens, or its provider's filter took the rest. */
  cut: 'length' | 'content_filter' | undefined;
  kind: SessionPrompt['kind'];
  /** What the bot asked, where this is an answer of its intake. */
  asked: string | undefined;
  /** The ids of this question in all its words, the oldest first. */
  versions: readonly number[];
  /** The ids of all answers, the oldest first, and which of them is shown. */
  replies: readonly number[];
  chosen: number | undefined;
  /** Lines of the request board that the answer draws on; undefined where the bot reads none. */
  citations: readonly Citation[] | undefined;
  /** What the reader thinks of the answer. */
  mark: Mark | undefined;
}

export function newTurn(key: string, question: string, askedAt: number): ShownTurn {
  return {
    key,
    id: undefined,
    question,
    answer: '',
    state: 'sending',
    model: null,
    askedAt,
    streamId: undefined,
    fresh: true,
    lost: false,
    stopping: false,
    failure: undefined,
    cut: undefined,
    kind: 'question',
    asked: undefined,
    versions: [],
    replies: [],
    chosen: undefined,
    citations: undefined,
    mark: undefined,
  };
}

/** A stored turn; where it is on the screen already, it keeps its key. */
export function storedTurn(prompt: SessionPrompt, shown: ShownTurn | undefined): ShownTurn {
  const reply = prompt.replies.find(({ id }) => id === prompt.chosen) ?? prompt.replies.at(-1);
  const answer = reply?.content ?? '';
  const running = prompt.status === 'running';
  return {
    ...newTurn(shown?.key ?? `prompt-${prompt.id}`, prompt.content, Date.parse(prompt.created_at)),
    id: prompt.id,
    answer,
    state: running ? (answer ? 'streaming' : 'waiting') : (prompt.status as Ended),
    model: reply?.model ?? null,
    streamId: running ? (prompt.stream_id ?? undefined) : undefined,
    fresh: shown?.fresh ?? false,
    cut: shown?.answer === answer ? shown.cut : undefined,
    kind: prompt.kind,
    asked: prompt.question,
    versions: prompt.versions,
    replies: prompt.replies.map(({ id }) => id),
    chosen: reply?.id,
    citations: reply?.citations,
    mark: reply?.mark,
  };
}

export function isUnderWay(turn: Pick<ShownTurn, 'state'>): boolean {
  return turn.state === 'sending' || turn.state === 'waiting' || turn.state === 'streaming';
}
