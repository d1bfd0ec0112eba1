import { useLayoutEffect, useRef, type ReactNode } from 'react';

/** The sign of the focus stands out from what has it, in px. */
const RING = 8;

/** What can be done with a long page: it stays in sight at the lower edge, and covers nothing that has the focus. */
export function StickyBar({ className = '', children }: { className?: string; children: ReactNode }) {
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const own = bar.current!;
    const owner = own.closest('main')!;
    const observer = new ResizeObserver(() => {
      owner.style.scrollPaddingBottom = `${own.offsetHeight + RING}px`;
      // A bar that comes or grows may come over the very field that made it.
      const focused = document.activeElement;
      if (focused !== owner && owner.contains(focused) && !own.contains(focused)) {
        focused!.scrollIntoView({ block: 'nearest' });
      }
    });
    observer.observe(own);
    return () => {
      observer.disconnect();
      owner.style.scrollPaddingBottom = '';
    };
  }, []);
  return (
    <div ref={bar} className={`sticky bottom-0 z-10 mt-6 border-t border-line bg-ground py-4 ${className}`}>
      {children}
    </div>
  );
}
