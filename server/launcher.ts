/** A signal to the whole group and its copy from the launcher arrive within this time: they are one. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Calls `handler` once when a stop is asked for: by a signal, however many copies of it come, or because the
 * launcher that started this process is gone. A later second signal ends the process at once.
 */
export function onStop(handler: () => void): void {
  let askedAt: number | undefined;
  const ask = () => {
    const now = performance.now();
    if (askedAt === undefined) {
      askedAt = now;
      handler();
    } else if (now - askedAt > SAME_SIGNAL_MS) {
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, ask);
  if (process.channel) {
    process.once('disconnect', () => {
      if (askedAt === undefined) ask();
    });
  }
}
