import type { StreamEvent } from '#contracts/chat.ts';
import { ApiProblem, send } from './api-client.ts';
import { backoffMs } from './backoff.ts';
import { createEventParser } from './sse-parser.ts';

/**
 * Follows the stream of one answer to its end, through any number of connections.
 *
 *   connecting ─▶ reading ── END | ERROR ─▶ over
 *    ▲    ▲          │
 *    │    └─ waiting ◀─ broken
 *    └─ doubted: silent for 30 s, or the network or the page has come back
 *
 * The next connection goes on after the id of the last event.
 */
export interface StreamReaderOptions {
  streamId: string;
  /** `position`: UTF-16 units of answer text up to and with this event, as its id says. */
  onEvent: (event: StreamEvent, position: number) => void;
  /** True while the connection is lost and is being made again. */
  onLost: (lost: boolean) => void;
  signal: AbortSignal;
}

/** `over`: the closing event came. `missing`: the server knows no such stream (any more). */
export type StreamEnd = 'over' | 'missing';

/** The server sends a comment every 15 s; twice that without a byte is a dead connection. */
const SILENCE_MS = 30_000;
/** Silence after which a page that comes back to the foreground doubts its connection. */
const DOUBT_MS = 16_000;
/** The clock is looked at this often: timers stand still while a machine sleeps. */
const LOOK_EVERY_MS = 5_000;

export async function readStream(options: StreamReaderOptions): Promise<StreamEnd> {
  const { signal, onLost } = options;
  const state: ReaderState = { lastId: undefined, closed: false, retryAfterS: undefined };
  for (let failures = 0; ; failures += 1) {
    const before = state.lastId;
    const outcome = await readOnce(options, state);
    signal.throwIfAborted();
    if (outcome === 'over' || outcome === 'missing') return outcome;
    if (state.lastId !== before) failures = 0;
    onLost(true);
    if (outcome === 'broken') await waitToRetry(failures, state.retryAfterS, signal);
  }
}

interface ReaderState {
  lastId: string | undefined;
  closed: boolean;
  /** What the latest refusal has asked for. */
  retryAfterS: number | undefined;
}

async function readOnce(options: StreamReaderOptions, state: ReaderState): Promise<StreamEnd | 'broken' | 'doubted'> {
  const connection = new AbortController();
  const signal = AbortSignal.any([options.signal, connection.signal]);
  const watch = watchSilence(() => connection.abort());
  try {
    const headers = {
      accept: 'text/event-stream',
      ...(state.lastId === undefined ? {} : { 'last-event-id': state.lastId }),
    };
    const response = await send(`/chat/stream/${options.streamId}`, { headers, signal });
    // 204: everything had been read before.
    if (response.status === 204 || !response.body) return 'missing';
    options.onLost(false);
    state.retryAfterS = undefined;
    const parse = createEventParser(({ id, data }) => {
      if (id !== undefined) state.lastId = id;
      const event = JSON.parse(data) as StreamEvent;
      state.closed ||= event.type === 'END' || event.type === 'ERROR';
      options.onEvent(event, Number(id ?? 0));
    });
    await pump(response.body, parse, watch.heard);
    return state.closed ? 'over' : 'broken';
  } catch (error) {
    if (state.closed) return 'over';
    if (connection.signal.aborted) return 'doubted';
    state.retryAfterS = error instanceof ApiProblem ? error.retryAfterS : undefined;
    return isGone(error) ? 'missing' : 'broken';
  } finally {
    watch.end();
    connection.abort();
  }
}

/** A login that has ended (401) can come back, and then the stream goes on; so can a limit (429). */
function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && [400, 403, 404, 410].includes(error.status);
}

async function pump(body: ReadableStream<Uint8Array>, parse: (text: string) => void, heard: () => void): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  while (true) {
    const { done, value } = await reader.read();
    heard();
    if (done) return;
    parse(decoder.decode(value, { stream: true }));
  }
}

/** Tells of a connection that may be dead without a sign. */
function watchSilence(onDoubt: () => void) {
  let heardAt = Date.now();
  const doubtAfter = (ms: number) => Date.now() - heardAt > ms && onDoubt();
  const over = new AbortController();
  const timer = setInterval(() => doubtAfter(SILENCE_MS), LOOK_EVERY_MS);
  const onVisible = () => document.visibilityState === 'visible' && doubtAfter(DOUBT_MS);
  document.addEventListener('visibilitychange', onVisible, { signal: over.signal });
  // A frozen page goes on, and a network is there again: what was connected before is seldom alive.
  document.addEventListener('resume', onDoubt, { signal: over.signal });
  window.addEventListener('online', onDoubt, { signal: over.signal });
  return {
    heard: () => {
      heardAt = Date.now();
    },
    end: () => {
      clearInterval(timer);
      over.abort();
    },
  };
}

const impatient = new EventTarget();

/** Ends the wait of every lost connection at once. */
export function reconnectNow(): void {
  impatient.dispatchEvent(new Event('now'));
}

/** Waits, unless the server has asked for it, no longer than until the network or the person comes back. */
function waitToRetry(failures: number, retryAfterS: number | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const onVisible = () => document.visibilityState === 'visible' && done();
    const timer = setTimeout(done, backoffMs(failures, retryAfterS));
    signal.addEventListener('abort', done, { signal: over.signal });
    impatient.addEventListener('now', done, { signal: over.signal });
    if (retryAfterS) return;
    window.addEventListener('online', done, { signal: over.signal });
    document.addEventListener('visibilitychange', onVisible, { signal: over.signal });
  });
}
