/** Whatever stands between us and the server may name days, and a timer takes no more than a month. */
const LONGEST_S = 3_600;

/**
 * Milliseconds to wait before the next attempt: 1, 2, 4 … 30 s, and at least as long as the server has asked for.
 * `attempt` counts from 0.
 */
export function backoffMs(attempt: number, retryAfterS = 0): number {
  return Math.max(Math.min(30_000, 1_000 * 2 ** Math.min(attempt, 5)), Math.min(retryAfterS, LONGEST_S) * 1_000);
}
