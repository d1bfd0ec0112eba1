import { X } from 'lucide-react';
import { useEffect, useId, useLayoutEffect, useRef, type ReactNode, type RefObject } from 'react';
import { useWords } from '../lib/language.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { IconButton } from './button.tsx';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** As wide as a column to read. */
  wide?: boolean;
  children: ReactNode;
}

/** A modal window. The browser's own: it holds the focus, gives it back, and Esc closes it. */
export function Dialog({ open, onClose, title, wide = false, children }: DialogProps) {
  const { t } = useWords();
  const element = useModal(open, onClose);
  const id = useId();
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      className={`m-auto ${wide ? 'w-[min(45rem,calc(100vw-2rem))]' : 'w-[min(26rem,calc(100vw-2rem))]'} rounded-lg border border-line bg-raised p-0 shadow-float open:animate-rise`}
    >
      {open && (
        <div className="p-6">
          <div className="mb-4 flex items-start justify-between gap-4">
            <h2 id={id} className="text-lg">
              {title}
            </h2>
            <IconButton small icon={X} label={t('action.close')} onClick={onClose} className="-mt-1 -mr-2" />
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}

interface DrawerProps {
  open: boolean;
  onClose: () => void;
  label: string;
  children: ReactNode;
}

/** The panel that slides in from the left on narrow screens. */
export function Drawer({ open, onClose, label, children }: DrawerProps) {
  const element = useModal(open, onClose);
  return (
    <dialog
      ref={element}
      aria-label={label}
      className="drawer m-0 h-dvh max-h-none w-72 max-w-[85vw] bg-side p-0 shadow-float"
    >
      {open && children}
    </dialog>
  );
}

/** Opens and closes the element; a press beside it closes it too. */
function useModal(open: boolean, onClose: () => void): RefObject<HTMLDialogElement | null> {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (!dialog || open === dialog.open) return;
    if (!open) return dialog.close();
    dialog.showModal();
    // A form begins at its first field, not at the button that closes it.
    if (!isTouchPrimary()) dialog.querySelector<HTMLElement>('input:not([type=checkbox]), textarea')?.focus();
  }, [open]);
  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return undefined;
    const end = new AbortController();
    // A window that was closed from outside, for another one say, asks for nothing more.
    dialog.addEventListener('close', () => open && onClose(), { signal: end.signal });
    dialog.addEventListener('click', ({ target }) => target === dialog && onClose(), { signal: end.signal });
    return () => end.abort();
  });
  // A window that is taken away open gives the focus back too.
  useLayoutEffect(() => {
    const dialog = element.current;
    return () => dialog?.close();
  }, []);
  return element;
}
