import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By then, what a start does after its own end (a look for a local model, first sweeps) is over as well. */
const AFTER_START_MS = 1_000;

/**
 * A start leaves garbage behind, and room for more of it: 20 MB that an idle thread would keep, since it has no
 * reason to collect. Each thread does so once.
 */
export function giveBackAfterStart(): void {
  setTimeout(() => {
    const collect = findCollector();
    if (collect) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    else giveBackAfterStart();
  }, AFTER_START_MS).unref();
}

/**
 * The collector of this thread; undefined where another thread takes the flag away at that moment. With `--expose-gc`
 * on the command line V8 would refuse what earlier starts have compiled: a fifth of the time until a server is ready.
 */
function findCollector(): typeof globalThis.gc {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('globalThis.gc') as typeof globalThis.gc;
  setFlagsFromString('--no-expose-gc');
  return collect;
}
