import type { ReactNode } from 'react';

interface SettingsGroupProps {
  title: string;
  note?: string | undefined;
  action?: ReactNode;
  /** Windows that belong to the group. */
  dialogs?: ReactNode;
  children: ReactNode;
}

/** A titled card of rows. */
export function SettingsGroup({ title, note, action, dialogs, children }: SettingsGroupProps) {
  return (
    <section aria-label={title} className="mb-8">
      <div className="mb-2 flex min-h-9 flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h2 className="text-base">{title}</h2>
        {action}
      </div>
      {note && <p className="-mt-1 mb-3 text-soft">{note}</p>}
      <ul className="divide-y divide-line rounded-lg border border-line bg-raised empty:hidden">{children}</ul>
      {dialogs}
    </section>
  );
}

interface SettingProps {
  label: ReactNode;
  /** The present value, or a word about it. */
  value?: ReactNode;
  children?: ReactNode;
}

export function Setting({ label, value, children }: SettingProps) {
  return (
    <li className="flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-48">
        <p className="font-medium">{label}</p>
        {value !== undefined && <div className="text-soft [overflow-wrap:anywhere]">{value}</div>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </li>
  );
}
