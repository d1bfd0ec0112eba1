import { useSyncExternalStore } from 'react';

/** Conversations whose deletion can still be undone, each with what carries it out. No list shows them. */
type Pending = ReadonlyMap<number, () => void>;
let pending: Pending = new Map();
const listeners = new Set<() => void>();
let watching = false;

export const pendingDeletions = (): Pending => pending;

/** `carryOut` undefined: nothing is pending any more. */
export function setPending(id: number, carryOut: (() => void) | undefined): void {
  // Whatever page is open by then: what was deleted stays deleted when the app is left.
  if (!watching) addEventListener('pagehide', () => pending.forEach((run) => run()));
  watching = true;
  const next = new Map(pending);
  if (carryOut) next.set(id, carryOut);
  else next.delete(id);
  pending = next;
  for (const listener of listeners) listener();
}

export function usePendingDeletions(): Pending {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, pendingDeletions);
}
