import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useWords } from '../lib/language.ts';
import { closeToast, toastStore } from '../lib/toasts.ts';

export function Toaster() {
  const { t } = useWords();
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.read);
  return (
    <section
      aria-label={t('toast.region')}
      className="pointer-events-none fixed inset-x-0 top-3 z-40 flex flex-col items-center gap-2 px-4 md:top-auto md:bottom-4 md:items-end"
    >
      {toasts.map((toast) => (
        <div
          key={toast.id}
          role={toast.kind === 'error' ? 'alert' : 'status'}
          className="pointer-events-auto flex min-h-11 max-w-full animate-rise items-center gap-3 rounded-md bg-ink py-1 pr-1 pl-4 text-ground shadow-float"
        >
          <span>{toast.text}</span>
          {toast.action && (
            <button
              type="button"
              className="h-9 rounded-sm px-2 font-medium underline underline-offset-4 touch:h-11"
              onClick={() => {
                toast.action?.run();
                closeToast(toast.id);
              }}
            >
              {toast.action.label}
            </button>
          )}
          <button
            type="button"
            aria-label={t('action.close')}
            onClick={() => closeToast(toast.id)}
            className="grid size-8 place-items-center rounded-sm touch:size-11"
          >
            <X aria-hidden className="size-4" />
          </button>
        </div>
      ))}
    </section>
  );
}
