import { useId } from 'react';

interface ChoicesProps<Value extends string> {
  legend: string;
  options: { value: Value; label: string }[];
  value: Value | undefined;
  onChange: (value: Value) => void;
  /** One below the other, for long labels. */
  stacked?: boolean;
}

/** One of a few: a group of radio buttons. */
export function Choices<Value extends string>({ legend, options, value, onChange, stacked }: ChoicesProps<Value>) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">{legend}</legend>
      <div className={stacked ? 'space-y-2' : `grid gap-2 ${options.length === 3 ? 'grid-cols-3' : 'grid-cols-2'}`}>
        {options.map((option) => (
          <label
            key={option.value}
            className="flex min-h-10 cursor-pointer items-center gap-2.5 rounded-md border border-edge/60 px-3 py-2 has-checked:border-ember has-checked:bg-glow has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ember touch:min-h-11"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="size-4 shrink-0 accent-ember outline-none"
            />
            <span className="line-clamp-2">{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
