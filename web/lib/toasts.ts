/** Short messages for actions that have no place of their own on the page: copied, saved, deleted. */
export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'error';
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 4_000;
let toasts: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Errors stay until they are closed. `ms`: how long it can be seen, 4 s as a rule. */
export function showToast(toast: Omit<Toast, 'id'>, ms = SHOWN_MS): number {
  const id = (count += 1);
  change([...toasts.slice(-2), { ...toast, id }]);
  if (toast.kind === 'done') setTimeout(() => closeToast(id), ms);
  return id;
}

export function closeToast(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

export const toastStore = {
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: () => toasts,
};
