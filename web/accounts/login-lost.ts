import { useSyncExternalStore } from 'react';

/** Whether a login has ended while the page was in use: it is asked for again in place, without leaving the page. */
let asked = false;
const listeners = new Set<() => void>();

function change(next: boolean): void {
  asked = next;
  for (const listener of listeners) listener();
}

export function askToLogInAgain(): void {
  change(true);
}

export function stopAsking(): void {
  change(false);
}

export function useLoginLost(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );
}
