import type { ComponentProps, ReactNode } from 'react';
import { StickyBar } from './sticky-bar.tsx';

interface RowCheckProps extends Omit<ComponentProps<'input'>, 'onChange'> {
  /** Which row it chooses. */
  label: string;
  checked: boolean;
  onChange: () => void;
  /** What of the row can be pressed, besides the box. */
  children?: ReactNode;
}

/** The box that chooses a row of a list. */
export function RowCheck({ label, onChange, children, ...rest }: RowCheckProps) {
  return (
    <label className={`flex cursor-pointer items-center ${children ? 'min-w-0 flex-1' : 'shrink-0'}`}>
      <span className="grid size-9 shrink-0 place-items-center touch:size-11">
        <input type="checkbox" aria-label={label} onChange={onChange} className="size-4 accent-ember" {...rest} />
      </span>
      {children}
    </label>
  );
}

/** What can be done with the rows that are chosen: it stays in sight while the list scrolls. */
export function SelectionBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <StickyBar className="flex flex-wrap items-center justify-end gap-2">
      <output className="mr-auto font-medium">{label}</output>
      {children}
    </StickyBar>
  );
}
