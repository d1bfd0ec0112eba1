import type { ComponentProps, ReactNode } from 'react';

interface RowCheckProps extends Omit<ComponentProps<'input'>, 'onChange'> {
  /** Which row it chooses. */
  label: string;
  checked: boolean;
  onChange: () => void;
}

/** The box that chooses a row of a list. */
export function RowCheck({ label, onChange, ...rest }: RowCheckProps) {
  return (
    <label className="grid size-9 shrink-0 cursor-pointer place-items-center touch:size-11">
      <span className="sr-only">{label}</span>
      <input type="checkbox" onChange={onChange} className="size-4 accent-ember" {...rest} />
    </label>
  );
}

/** What can be done with the rows that are chosen: it stays in sight while the list scrolls. */
export function SelectionBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="sticky bottom-0 z-10 mt-6 flex flex-wrap items-center gap-2 border-t border-line bg-ground py-4">
      <output className="mr-auto font-medium">{label}</output>
      {children}
    </div>
  );
}
