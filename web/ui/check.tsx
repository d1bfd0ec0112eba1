interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** A box to tick, with its label. */
export function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label className="flex min-h-6 cursor-pointer items-center gap-2.5 touch:min-h-11">
      <input
        type="checkbox"
        checked={checked}
        onChange={({ target }) => onChange(target.checked)}
        className="size-4 shrink-0 accent-ember"
      />
      {label}
    </label>
  );
}
