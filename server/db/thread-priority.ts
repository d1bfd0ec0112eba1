import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Weighs a tenth of a thread as it begins (sched(7)); the main thread wakes up before it, and it gets all that is left. */
const NICENESS = 10;

/**
 * Lets other threads of this process go first where they want the same core as this one. Linux knows a thread by a
 * number of its own; elsewhere nothing happens.
 */
export function letOthersGoFirst(): void {
  if (process.platform !== 'linux') return;
  try {
    // proc(5): "PID/task/TID"
    const thread = Number(readlinkSync('/proc/thread-self').split('/').pop());
    if (thread > 0) setPriority(thread, NICENESS);
  } catch {
    // A sandbox may forbid it; then they share as equals.
  }
}
