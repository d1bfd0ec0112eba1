import { Eye, EyeOff } from 'lucide-react';
import { useId, useState, type ComponentProps } from 'react';
import { useWords } from '../lib/language.ts';
import { IconButton } from './button.tsx';

export const fieldClass =
  'block h-11 w-full rounded-md border border-edge bg-raised px-3 text-base leading-6 text-ink placeholder:text-soft aria-invalid:border-alarm focus-visible:outline-offset-0 focus-visible:border-ember';

interface TextFieldProps extends ComponentProps<'input'> {
  label: string;
  hint?: string;
  error?: string | undefined;
}

export function TextField({ label, hint, error, type = 'text', className = '', ...rest }: TextFieldProps) {
  const id = useId();
  const { t } = useWords();
  const [shown, setShown] = useState(false);
  const password = type === 'password';
  const description = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          type={password && shown ? 'text' : type}
          aria-invalid={error ? true : undefined}
          aria-describedby={description}
          className={`${fieldClass} ${password ? 'pr-12' : ''}`}
          {...rest}
        />
        {password && (
          <IconButton
            icon={shown ? EyeOff : Eye}
            label={t(shown ? 'auth.hidePassword' : 'auth.showPassword')}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-0 right-1 my-auto touch:right-0"
          />
        )}
      </div>
      {hint && !error && (
        <p id={`${id}-hint`} className="mt-1.5 text-xs text-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1.5 text-xs text-alarm">
          {error}
        </p>
      )}
    </div>
  );
}
