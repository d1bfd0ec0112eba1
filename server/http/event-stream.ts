import type { FastifyReply } from 'fastify';

/** Writes Server-Sent Events to one reader. */
export interface EventWriter {
  /** Aborts when the reader has left. */
  readonly signal: AbortSignal;
  /** Sends one event; resolves when the reader's buffer has room again. `id` and `event` may be left out. */
  send(event: { id?: number; event?: string; data: string }): Promise<void>;
  end(): void;
  /** Ends the connection without an end of the stream: a reader that knows how comes back. */
  cut(): void;
}

/** Milliseconds. */
interface Patience {
  /** A comment at least this often, and at most a third more often, keeps proxies (nginx reads for 60 s) and readers from giving up. */
  heartbeat: number;
  /** A reader that takes nothing for so long is dropped; it can come back with Last-Event-ID. */
  stalled: number;
}

const usual: Patience = { heartbeat: 15_000, stalled: 60_000 };

/**
 * Takes the reply over as an event stream. Headers that hooks have set are kept, which `reply.hijack()` alone
 * would lose.
 */
export function startEventStream(reply: FastifyReply, patience: Patience = usual): EventWriter {
  const { raw } = reply;
  const abort = new AbortController();
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  // Each reader at a pace of its own: readers that came together do not ask for the processor together for ever.
  const heartbeat = setInterval(
    () => {
      if (raw.writableNeedDrain) return;
      raw.write(':\n\n');
    },
    patience.heartbeat * (1 - Math.random() / 3),
  );
  const leave = () => {
    clearInterval(heartbeat);
    abort.abort(new Error('the reader left'));
  };
  raw.on('error', () => {});
  // A reader that has left before this gives no 'close' any more.
  if (raw.destroyed) leave();
  else raw.once('close', leave);

  return {
    signal: abort.signal,
    send: ({ id, event, data }) => {
      const text = `${event ? `event: ${event}\n` : ''}${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
      return raw.write(text) ? Promise.resolve() : drained(raw, abort.signal, patience.stalled);
    },
    end: () => raw.end(),
    cut: () => raw.destroy(),
  };
}

function drained(raw: FastifyReply['raw'], signal: AbortSignal, stalledMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stalled = setTimeout(() => raw.destroy(), stalledMs);
    const settle = () => {
      clearTimeout(stalled);
      raw.off('drain', settle);
      signal.removeEventListener('abort', settle);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    if (signal.aborted) return settle();
    raw.once('drain', settle);
    signal.addEventListener('abort', settle, { once: true });
  });
}
