import { useId, type ComponentProps } from 'react';

interface TextAreaProps extends ComponentProps<'textarea'> {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

/** A field of several lines with its label. */
export function TextArea({ label, hint, error, className = '', ...rest }: TextAreaProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className="block w-full rounded-md border border-edge bg-raised px-3 py-2.5 text-base leading-6 text-ink placeholder:text-soft focus-visible:border-ember focus-visible:outline-offset-0 aria-invalid:border-alarm"
        {...rest}
      />
      {note && (
        <p
          id={`${id}-note`}
          role={error ? 'alert' : undefined}
          className={`mt-1.5 text-xs ${error ? 'text-alarm' : 'text-soft'}`}
        >
          {note}
        </p>
      )}
    </div>
  );
}
