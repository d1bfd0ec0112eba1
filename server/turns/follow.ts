import type { StreamEvent } from '#contracts/chat.ts';
import type { ProblemDocument } from '#contracts/errors.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { createStreamLog, type StreamLog } from '../streams/stream-log.ts';
import type { Generation, Outcome } from './generation.ts';
import type { Generations } from './generations.ts';
import { readGeneration, type StoredGeneration } from './stored-generation.store.ts';
import type { Mirrors } from './mirrors.ts';
import { showUsage } from './show-turn.ts';

export interface FollowParts {
  database: Database;
  generations: Generations;
  /** What other instances write. */
  mirrors: Mirrors;
  clock: () => number;
  /** Milliseconds that a finished stream stays readable. */
  replayMs: number;
}

/** A stream to read: written by this process, or as it is stored (ended, or written by another instance). */
export type Followed = { running: Generation } | { stored: StoredGeneration };

/** Finds an own stream, however old. Throws `not_found` for another user's and an unknown one. */
export async function findAnswer(parts: FollowParts, id: string, userId: number): Promise<Followed> {
  const running = parts.generations.find(id, userId);
  if (running) return { running };
  const stored = await readGeneration(parts.database.read, { id, userId });
  if (!stored) throw new Problem('not_found');
  return { stored };
}

/** Finds an own stream that can still be read here: a finished one expires, and a process that ends begins no mirror. */
export async function findStream(parts: FollowParts, id: string, userId: number): Promise<Followed> {
  const followed = await findAnswer(parts, id, userId);
  if ('running' in followed) return followed;
  const { state, finished_at: finishedAt } = followed.stored;
  if (finishedAt !== null && parts.clock() - finishedAt > parts.replayMs) throw new Problem('not_found');
  if (state === 'running' && parts.mirrors.draining) throw new Problem('shutting_down', undefined, { retryAfterS: 5 });
  return followed;
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

const beginning: Place = { at: 0, started: false };

/** The place that a `Last-Event-ID` names; what is no place of this text means the beginning. 'over': it has had the end. */
export function readPlace(header: string | string[] | undefined, followed: Followed): Place | 'over' {
  if (header === undefined || !/^\d{1,15}$/.test(String(header))) return beginning;
  const at = Number(header);
  if ('running' in followed) return at <= followed.running.log.length ? { at, started: true } : beginning;
  const { state, text } = followed.stored;
  // Another instance is ahead of what it has saved.
  if (state === 'running') return { at, started: true };
  const length = text?.length ?? 0;
  if (at === length + 1) return 'over';
  return at <= length ? { at, started: true } : beginning;
}

/** Most UTF-16 units of one CHUNK: what a reader may have in its buffer stays small, however long the answer is. */
const MOST_OF_CHUNK = 32_768;

/**
 * Every event from `place` on. What came while the reader was slow arrives in as few CHUNKs as there can be, so a
 * reader never has more than the answer itself to catch up with. One generator for each reader, and none inside it:
 * thousands of them wake at a word.
 */
export async function* follow(
  parts: FollowParts,
  followed: Followed,
  place: Place,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent> {
  if (!place.started) yield { id: 0, event: startOf(followed) };
  const source = openSource(parts, followed);
  const reader = source.log.join(signal);
  try {
    let { at } = place;
    while (true) {
      const content = source.log.from(at, MOST_OF_CHUNK);
      at += content.length;
      if (content !== '') yield { id: at, event: { type: 'CHUNK', content } };
      else if (source.log.closed) break;
      else await reader.past(at);
    }
    const end = await source.end();
    if (end) yield { id: source.log.length + 1, event: end };
  } finally {
    reader.leave();
    source.leave();
  }
}

/** Where the events of a stream come from. */
interface Source {
  log: StreamLog;
  /** What closes the stream, once its log is closed; undefined where nobody knows (any more). */
  end(): Promise<StreamEvent | undefined>;
  leave(): void;
}

function openSource(parts: FollowParts, followed: Followed): Source {
  if ('running' in followed) {
    const { running } = followed;
    return { log: running.log, end: async () => endOf(running, await running.outcome), leave: () => {} };
  }
  const { stored } = followed;
  if (stored.state === 'running') {
    const mirror = parts.mirrors.join(stored);
    return {
      log: mirror.log,
      end: async () => mirror.stored && storedEnd(mirror.stored),
      leave: () => mirror.leave(),
    };
  }
  const log = createStreamLog();
  log.append(stored.text ?? '');
  log.close();
  return { log, end: async () => storedEnd(stored), leave: () => {} };
}

/** The first event of every stream. */
export function startOf(followed: Followed): StreamEvent {
  if ('running' in followed) {
    const { id, promptId, sessionId } = followed.running.plan;
    return { type: 'START', stream_id: id, chat_id: promptId, session_id: sessionId };
  }
  const { id, prompt_id, session_id } = followed.stored;
  return { type: 'START', stream_id: id, chat_id: prompt_id, session_id };
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
function storedEnd(stored: StoredGeneration): StreamEvent | undefined {
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
    full_content: stored.text ?? '',
    chat_id: stored.prompt_id,
    usage: showUsage(stored.prompt_tokens ?? 0, stored.completion_tokens ?? 0),
    finish_reason: reason as 'stop' | 'length' | 'content_filter' | 'stopped',
  };
}
