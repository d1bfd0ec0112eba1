/** By then, what a start does after its own end (a look for a local model, first sweeps) is over as well. */
const AFTER_START_MS = 1_000;

/**
 * A start leaves garbage behind, and room for more of it: 20 MB that an idle thread would keep, since it has no
 * reason to collect. The launcher's `--expose-gc` lets each thread do so once; without it nothing happens.
 */
export function giveBackAfterStart(): void {
  setTimeout(
    () => globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
    AFTER_START_MS,
  ).unref();
}
