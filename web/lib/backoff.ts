/** Milliseconds to wait before the next attempt: 1, 2, 4 … 30 s. `attempt` counts from 0. */
export function backoffMs(attempt: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.min(attempt, 5));
}
