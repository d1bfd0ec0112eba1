import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { readStored } from '../lib/theme.ts';

const offKey = 'daesa.shortcutsOff';

export const shortcutsAreOn = (): boolean => readStored(offKey) === null;

export function switchShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(offKey);
  else localStorage.setItem(offKey, 'yes');
}

export const isApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The composer of the page, wherever that is. */
export function focusComposer(): void {
  document.querySelector<HTMLElement>('[data-composer]')?.focus();
}

interface Targets {
  /** Absent where there is none. */
  toggleSidebar?: () => void;
  showHelp: () => void;
}

/** The keys that work on every page. They all need a modifier, so that none gets in the way of typing. */
export function useShortcuts(targets: Targets): void {
  const navigate = useNavigate();
  const latest = useRef(targets);
  useEffect(() => {
    latest.current = targets;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!shortcutsAreOn() || event.isComposing || event.altKey) return;
      const command = event.metaKey || event.ctrlKey;
      const key = event.key.toLowerCase();
      let run: (() => void) | undefined;
      if (command && !event.shiftKey && key === 'k')
        run = () => void navigate({ to: '/chat', search: {}, hash: 'search' });
      else if (command && event.shiftKey && event.code === 'KeyO') run = () => void navigate({ to: '/' });
      else if (command && event.shiftKey && event.code === 'KeyS') run = latest.current.toggleSidebar;
      else if (command && key === '/') run = () => latest.current.showHelp();
      else if (!command && event.shiftKey && event.key === 'Escape') run = focusComposer;
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [navigate]);
}
