import { Search } from 'lucide-react';
import type { ComponentProps } from 'react';

interface SearchFieldProps extends Omit<ComponentProps<'input'>, 'onChange'> {
  label: string;
  onChange: (text: string) => void;
}

export function SearchField({ label, onChange, className = '', ...rest }: SearchFieldProps) {
  return (
    <div className={`relative ${className}`}>
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-soft" />
      <input
        type="search"
        placeholder={label}
        aria-label={label}
        onChange={({ target }) => onChange(target.value)}
        className="h-11 w-full rounded-md border border-edge bg-raised pr-3 pl-10 text-base placeholder:text-soft focus-visible:border-ember focus-visible:outline-offset-0"
        {...rest}
      />
    </div>
  );
}
