import { Problem } from '../errors.ts';

/** The calls that this process carries. */
export interface RunningCalls {
  add(abort: AbortController): void;
  remove(abort: AbortController): void;
  readonly count: number;
  /** Waits for all of them, at most `timeoutMs`; then breaks the rest off and waits for their ends. */
  drain(timeoutMs: number): Promise<void>;
}

export function createRunningCalls(): RunningCalls {
  const running = new Set<AbortController>();
  let whenEmpty: (() => void)[] = [];
  const empty = () =>
    running.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => whenEmpty.push(resolve));
  return {
    add: (abort) => {
      running.add(abort);
    },
    remove: (abort) => {
      running.delete(abort);
      if (running.size > 0) return;
      for (const resolve of whenEmpty) resolve();
      whenEmpty = [];
    },
    get count() {
      return running.size;
    },
    drain: async (timeoutMs) => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)));
      await Promise.race([empty(), timeout]);
      clearTimeout(timer);
      for (const abort of running) abort.abort(new Problem('shutting_down', undefined, { retryAfterS: 5 }));
      await empty();
    },
  };
}
