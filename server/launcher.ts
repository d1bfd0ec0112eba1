/** A signal to the whole group and its copies from npm and the launcher arrive within this time: they are one. */
const sameSignalMs = 1_000;

/**
 * Calls `handler` once when a stop is asked for: by SIGTERM, SIGINT or SIGHUP, or because the launcher that started
 * this process is gone. The handler drains and exits; a second signal, later than a second after the first, ends
 * the process at once.
 */
export function onStop(handler: () => unknown): void {
  let askedAt: number | undefined;
  const stop = () => {
    if (askedAt !== undefined) return;
    askedAt = performance.now();
    handler();
  };
  const onSignal = () => {
    if (askedAt !== undefined && performance.now() - askedAt > sameSignalMs) process.exit(1);
    stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  // After SIGHUP the terminal takes no more lines; a failed write must not cut the draining short.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  onLauncherGone(stop);
}

/** Without a channel (started by hand, or as a container's command) there are only signals. */
function onLauncherGone(react: () => void): void {
  if (process.connected === undefined) return;
  process.once('disconnect', react);
  // The channel alone does not keep a server alive that has closed everything else.
  process.channel?.unref();
  // It may have gone while the server was loading.
  if (!process.connected) queueMicrotask(react);
}
