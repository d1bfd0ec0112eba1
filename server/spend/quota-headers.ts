import type { Quota } from './reservation.ts';

/** What is left of a quota, never below zero (a limit can be lowered in mid-day). Null: unlimited. */
export function remaining(quota: Quota): number | null {
  return quota.limit === null ? null : Math.max(0, quota.limit - quota.used);
}

/** `RateLimit-*` headers of an answer; none where the user has no limit. `now` in milliseconds UTC. */
export function quotaHeaders(quota: Quota, now: number = Date.now()): Record<string, string> {
  const left = remaining(quota);
  if (left === null) return {};
  return {
    'ratelimit-limit': String(quota.limit),
    'ratelimit-remaining': String(left),
    'ratelimit-reset': String(Math.max(0, Math.ceil((quota.resetsAt - now) / 1_000))),
  };
}
