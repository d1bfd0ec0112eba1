import type { SharedStreams } from './shared-streams.ts';
import { createStreamLog, type StreamLog } from './stream-log.ts';

/** A log of another instance, as it is known here. */
export interface MirrorLog {
  log: StreamLog;
  /** Adds what is new of a text that begins at `at`: what different sources say overlaps. */
  grow(at: number, text: string): void;
  /** Listens no more. */
  stop(): void;
}

/** Follows the log `id` of the instance `owner`. `onEnd`: it says that this was all, or that it has no such log. */
export function mirrorLog(
  streams: SharedStreams | undefined,
  source: { id: string; owner: string },
  onEnd: () => void,
): MirrorLog {
  const { id, owner } = source;
  const log = createStreamLog();
  const grow = (at: number, text: string) => {
    if (log.closed) return;
    // A message was lost in between.
    if (at > log.length) streams?.ask(id, owner);
    else if (at + text.length > log.length) log.append(text.slice(log.length - at));
  };
  const stop = streams?.listen(id, owner, { onText: grow, onEnd });
  return { log, grow, stop: () => stop?.() };
}
