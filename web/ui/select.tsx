interface SelectProps {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
  className?: string;
}

/** One of several, as the browser's own list: at home on phones and on keyboards. */
export function Select({ label, value, options, onChange, className = '' }: SelectProps) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={({ target }) => onChange(target.value)}
      className={`h-10 rounded-md border border-edge/60 bg-raised px-3 text-ink touch:h-11 touch:text-base ${className}`}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
