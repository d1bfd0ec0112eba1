import type { StreamEvent } from '#contracts/chat.ts';
import type { ProblemDocument } from '#contracts/errors.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import type { Generation, Outcome } from './generation.ts';
import type { Generations } from './generations.ts';
import { readGeneration, type StoredGeneration } from './generation.store.ts';
import { showUsage } from './show-turn.ts';

export interface FollowParts {
  database: Database;
  generations: Generations;
  clock: () => number;
  /** Milliseconds that a finished stream stays readable. */
  replayMs: number;
}

/** A stream to read: under way in this process, or ended and rebuilt from the store. */
export type Followed = { running: Generation } | { ended: StoredGeneration };

/** Finds an own stream. Throws `not_found` for another user's, an unknown and an expired one. */
export async function findStream(parts: FollowParts, id: string, userId: number): Promise<Followed> {
  const running = parts.generations.find(id, userId);
  if (running) return { running };
  const stored = await readGeneration(parts.database.read, { id, userId });
  if (!stored) throw new Problem('not_found');
  if (stored.finished_at !== null && parts.clock() - stored.finished_at > parts.replayMs)
    throw new Problem('not_found');
  return { ended: stored };
}

export interface NumberedEvent {
  /** UTF-16 units of answer text sent so far; the closing event has one more. */
  id: number;
  event: StreamEvent;
}

/** Where a reader goes on. `started`: it has had START. */
export interface Place {
  at: number;
  started: boolean;
}

/** The place that a `Last-Event-ID` names; what is no place of this text means the beginning. */
export function readPlace(header: string | string[] | undefined, length: number, closed: boolean): Place {
  const beginning = { at: 0, started: false };
  if (header === undefined || !/^\d{1,15}$/.test(String(header))) return beginning;
  const at = Number(header);
  return at <= length + (closed ? 1 : 0) ? { at, started: true } : beginning;
}

/**
 * Every event from `place` on. What came while the reader was slow arrives as one CHUNK, so a reader never has
 * more than the answer itself to catch up with.
 */
export async function* follow(followed: Followed, place: Place, signal: AbortSignal): AsyncGenerator<NumberedEvent> {
  if (!place.started) yield { id: 0, event: startOf(followed) };
  if ('ended' in followed) {
    const text = followed.ended.text ?? '';
    if (place.at < text.length) yield { id: text.length, event: { type: 'CHUNK', content: text.slice(place.at) } };
    const end = storedEnd(followed.ended, text);
    if (end) yield { id: text.length + 1, event: end };
    return;
  }
  const { log, outcome } = followed.running;
  let { at } = place;
  while (true) {
    await log.past(at, signal);
    const { text } = log;
    if (text.length > at) {
      const content = text.slice(at);
      at = text.length;
      yield { id: at, event: { type: 'CHUNK', content } };
    } else if (log.closed) {
      break;
    }
  }
  yield { id: at + 1, event: endOf(followed.running, await outcome) };
}

function startOf(followed: Followed): StreamEvent {
  const { id, promptId, sessionId } =
    'running' in followed
      ? followed.running.plan
      : { id: followed.ended.id, promptId: followed.ended.prompt_id, sessionId: followed.ended.session_id };
  return { type: 'START', stream_id: id, chat_id: promptId, session_id: sessionId };
}

function endOf(generation: Generation, outcome: Outcome): StreamEvent {
  const chatId = generation.plan.promptId;
  if (outcome.problem) return { type: 'ERROR', error: outcome.problem.toDocument(`/chat/${chatId}`), chat_id: chatId };
  return {
    type: 'END',
    full_content: outcome.text,
    chat_id: chatId,
    usage: showUsage(outcome.usage.promptTokens, outcome.usage.completionTokens),
    finish_reason: outcome.finishReason ?? 'stop',
  };
}

/** The closing event of a stored generation; undefined while another process still writes it. */
function storedEnd(stored: StoredGeneration, text: string): StreamEvent | undefined {
  if (stored.state === 'running') return undefined;
  if (stored.error !== null) {
    const { retry_after_s: _hidden, ...error } = JSON.parse(stored.error) as ProblemDocument & {
      retry_after_s?: number;
    };
    return { type: 'ERROR', error, chat_id: stored.prompt_id };
  }
  const reason = stored.finish_reason ?? 'stopped';
  return {
    type: 'END',
    full_content: text,
    chat_id: stored.prompt_id,
    usage: showUsage(stored.prompt_tokens ?? 0, stored.completion_tokens ?? 0),
    finish_reason: reason as 'stop' | 'length' | 'content_filter' | 'stopped',
  };
}
