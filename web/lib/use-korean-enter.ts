import { useCallback, useEffect, useRef, type RefObject } from 'react';
import { isOnline } from './online.ts';
import { createKoreanEnter, type EnterHost, type KoreanEnter } from './korean-enter.ts';

type Field = HTMLTextAreaElement | HTMLInputElement;
type Host = Omit<EnterHost, 'readText' | 'now' | 'later'> &
  Partial<Pick<EnterHost, 'readText'>> & {
    /** What is done with the text needs no network. */
    local?: boolean;
  };

/**
 * Gives a field the Enter of `korean-enter.ts`. `host` may change with every render, and has a `readText` where more
 * than the field is sent. Returns what a button beside the field does: send now, or as soon as the syllable under way
 * is complete.
 */
export function useKoreanEnter(field: RefObject<Field | null>, host: Host): () => void {
  const latest = useRef(host);
  const keys = useRef<KoreanEnter>(null);
  useEffect(() => {
    latest.current = host;
  });
  useEffect(() => {
    const element = field.current;
    if (!element) return undefined;
    const created = createKoreanEnter({
      readText: () => latest.current.readText?.() ?? element.value,
      submit: (text) => (latest.current.local || isOnline()) && latest.current.submit(text),
      enterSends: () => latest.current.enterSends(),
    });
    keys.current = created;
    // Native listeners: the order of these events is the whole matter, and React's own are late or merged.
    const end = new AbortController();
    const on = <Kind extends Event>(type: string, listener: (event: Kind) => void) =>
      element.addEventListener(type, listener as EventListener, { signal: end.signal });
    on<KeyboardEvent>('keydown', created.onKeyDown);
    on('compositionstart', created.onCompositionStart);
    on<CompositionEvent>('compositionupdate', created.onCompositionUpdate);
    on<CompositionEvent>('compositionend', created.onCompositionEnd);
    on<InputEvent>('beforeinput', created.onBeforeInput);
    return () => end.abort();
  }, [field]);
  return useCallback(() => keys.current?.send(), []);
}
