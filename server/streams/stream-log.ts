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
  /** Everything past `place`; costs what is new, not what the answer has become. */
  from(place: number): string;
  /** No more text comes; what ended it is in the store by now. */
  close(): void;
  /** Resolves when there is text past `place` or the log is closed; rejects when `signal` aborts. */
  past(place: number, signal: AbortSignal): Promise<void>;
}

interface Follower {
  wake: () => void;
}

export function createStreamLog(): StreamLog {
  const pieces: string[] = [];
  const followers = new Set<Follower>();
  let length = 0;
  let closed = false;

  function wakeAll(): void {
    for (const follower of followers) follower.wake();
    followers.clear();
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
      if (followers.size > 0) wakeAll();
    },
    from: (place) => {
      let index = pieces.length;
      let start = length;
      while (index > 0 && start > place) {
        index -= 1;
        start -= pieces[index]!.length;
      }
      return pieces
        .slice(index)
        .join('')
        .slice(place - start);
    },
    close: () => {
      closed = true;
      wakeAll();
    },
    past: (place, signal) => {
      if (closed || length > place) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const leave = () => {
          followers.delete(follower);
          reject(signal.reason);
        };
        const follower: Follower = {
          wake: () => {
            signal.removeEventListener('abort', leave);
            resolve();
          },
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', leave, { once: true });
        followers.add(follower);
      });
    },
  };
}
