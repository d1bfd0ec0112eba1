/**
 * The log of one answer while it is written: append-only text that any number of readers follow, each at its
 * own pace. A place in it is the number of UTF-16 units before it, so the log can be rebuilt from the stored
 * text, and a reader that returns names the place it has reached.
 */
export interface StreamLog {
  readonly text: string;
  /** UTF-16 units so far. */
  readonly length: number;
  readonly closed: boolean;
  append(text: string): void;
  /** What is past `place`, at most `most` (2 or more) units of it and never half a character; costs what is new, not what the answer has become. */
  from(place: number, most?: number): string;
  /** No more text comes; what ended it is in the store by now. */
  close(): void;
  /** A reader, until it leaves or `signal` aborts. */
  join(signal?: AbortSignal): LogReader;
}

export interface LogReader {
  /**
   * Resolves when there is text past `place` or the log is closed; rejects when the reader's signal aborts. One at
   * a time.
   */
  past(place: number): Promise<void>;
  /** Nothing of the log is held by `signal` any more, which may live much longer. */
  leave(): void;
}

/** Somebody who waits for more. */
interface Waiting {
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export function createStreamLog(): StreamLog {
  const pieces: string[] = [];
  const waiting = new Set<Waiting>();
  let length = 0;
  let closed = false;

  function wakeAll(): void {
    for (const { resolve } of waiting) resolve();
    waiting.clear();
  }

  return {
    get text() {
      // Joined once a read, not once a piece: a long answer without readers costs no copies.
      if (pieces.length > 1) pieces.splice(0, pieces.length, pieces.join(''));
      return pieces[0] ?? '';
    },
    get length() {
      return length;
    },
    get closed() {
      return closed;
    },
    append: (text) => {
      pieces.push(text);
      length += text.length;
      if (waiting.size > 0) wakeAll();
    },
    from: (place, most = Infinity) => {
      let index = pieces.length;
      let start = length;
      while (index > 0 && start > place) {
        index -= 1;
        start -= pieces[index]!.length;
      }
      const text = pieces.slice(index).join('');
      const end = place - start + most;
      return text.slice(place - start, isPair(text, end) ? end - 1 : end);
    },
    close: () => {
      closed = true;
      wakeAll();
    },
    join: (signal) => {
      let own: Waiting | undefined;
      // One listener a reader, not one a wait: a word of an answer wakes thousands of readers.
      const stop = () => {
        if (own && waiting.delete(own)) own.reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop);
      return {
        past: (place) => {
          if (closed || length > place) return Promise.resolve();
          if (signal?.aborted) return Promise.reject(signal.reason);
          return new Promise((resolve, reject) => {
            own = { resolve, reject };
            waiting.add(own);
          });
        },
        leave: () => signal?.removeEventListener('abort', stop),
      };
    },
  };
}

/** Whether the units before and behind a place are one character. */
function isPair(text: string, place: number): boolean {
  return text.codePointAt(place - 1)! > 0xff_ff;
}
