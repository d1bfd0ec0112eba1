import { useSyncExternalStore, type MouseEvent, type MouseEventHandler } from 'react';

/** Trains go through tunnels: only a second without network counts as offline. */
const OFFLINE_AFTER_MS = 1_000;
let online = true;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function change(next: boolean): void {
  online = next;
  for (const listener of listeners) listener();
}

/** A server on this very machine is there without any network. */
const isServerThere = () =>
  fetch('/health/live', { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(OFFLINE_AFTER_MS) }).then(
    () => true,
    () => false,
  );

export function watchNetwork(): void {
  const update = () => {
    clearTimeout(timer);
    if (navigator.onLine) change(true);
    // The network may come back while the server is asked.
    else timer = setTimeout(async () => change((await isServerThere()) || navigator.onLine), OFFLINE_AFTER_MS);
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

/** Whether something can be sent now, for what is not drawn. */
export const isOnline = (): boolean => online;

/** Of a button that sends: without network it does nothing, but keeps the focus; a form isn't sent by Enter either. */
export function useSends(send?: MouseEventHandler<HTMLButtonElement>) {
  if (useOnline()) return { onClick: send };
  return { 'aria-disabled': true, onClick: (event: MouseEvent) => event.preventDefault() };
}
