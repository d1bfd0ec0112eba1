import { useSyncExternalStore } from 'react';

/** Trains go through tunnels: only a second without network counts as offline. */
const OFFLINE_AFTER_MS = 1_000;
let online = true;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function change(next: boolean): void {
  online = next;
  for (const listener of listeners) listener();
}

export function watchNetwork(): void {
  const update = () => {
    clearTimeout(timer);
    if (navigator.onLine) change(true);
    else timer = setTimeout(() => change(navigator.onLine), OFFLINE_AFTER_MS);
  };
  window.addEventListener('online', update);
  window.addEventListener('offline', update);
  update();
}

export function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => online,
  );
}
