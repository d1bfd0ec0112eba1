import { useEffect } from 'react';
import type { Thread } from './thread.ts';

/** Esc closes whatever is open, and where nothing is, it stops the answer. */
export function useEscapeStops(thread: Thread): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.shiftKey || event.isComposing || event.defaultPrevented) return;
      if (document.querySelector('dialog[open], [role=menu]')) return;
      void thread.stop();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [thread]);
}
