import { Suspense, useDeferredValue, useId, useRef, useState, type ReactNode } from 'react';
import { lazyPart } from '../lib/parts.ts';
import type { MenuEntry } from './menu-popup.tsx';

// The popup's library is the heaviest part of a page: it comes with the first sign that a menu is wanted, or before.
export const loadPopup = () => import('./menu-popup.tsx');
const MenuPopup = lazyPart(loadPopup, 'MenuPopup');

interface MenuProps {
  /** The name of the menu, and of its button where that shows no text of its own. */
  label: string;
  named?: boolean;
  /** Lines stand between the groups. */
  groups: MenuEntry[][];
  /** What the button shows. */
  children: ReactNode;
  className?: string;
  side?: 'top' | 'bottom';
  align?: 'start' | 'end';
}

export function Menu({
  label,
  named = false,
  groups,
  children,
  className = '',
  side = 'bottom',
  align = 'end',
}: MenuProps) {
  const [open, setOpen] = useState(false);
  // The press is answered by the button; the list is drawn after that.
  const drawn = useDeferredValue(open) && open;
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const prepare = () => void loadPopup().catch(() => {});
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-label={named ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onPointerEnter={prepare}
        onFocus={prepare}
        onClick={() => setOpen(true)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          setOpen(true);
        }}
        className={className}
      >
        {children}
      </button>
      {drawn && (
        <Suspense>
          <MenuPopup
            id={id}
            label={label}
            groups={groups}
            anchor={button}
            side={side}
            align={align}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
