import { useEffect, useRef, type RefObject } from 'react';

let visited = false;

/**
 * Names the page, and after a change of page moves the focus to its heading, so that a screen reader says
 * where one is. The first page of a visit keeps the focus where the browser has it.
 */
export function usePageTitle(title: string, options: { focus?: boolean } = {}): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const focus = useRef(options.focus ?? true);
  useEffect(() => {
    document.title = title === 'Daesa' ? title : `${title} · Daesa`;
  }, [title]);
  useEffect(() => {
    if (visited && focus.current) heading.current?.focus({ preventScroll: true });
    visited = true;
  }, []);
  return heading;
}
