import { LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { useSends } from '../lib/online.ts';

const looks = {
  primary:
    'bg-ember text-on-ember hover:bg-ember-strong disabled:bg-sunken disabled:text-soft aria-disabled:bg-sunken aria-disabled:text-soft',
  plain: 'border border-edge/60 bg-raised text-ink hover:bg-sunken disabled:text-soft',
  quiet: 'text-ink hover:bg-sunken disabled:text-soft',
  warning: 'border border-edge/60 bg-raised text-alarm hover:bg-alarm-ground',
  danger: 'bg-alarm text-raised hover:opacity-90 aria-disabled:opacity-50 dark:text-ground',
} as const;

/** The shape that buttons and links which look like buttons share. */
export function buttonClass(look: keyof typeof looks = 'plain', wide = false): string {
  const width = wide ? 'w-full' : '';
  return `inline-flex h-10 touch:h-11 items-center justify-center gap-2 rounded-md px-4 font-medium whitespace-nowrap transition-colors duration-150 ${looks[look]} ${width}`;
}

interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof looks;
  wide?: boolean;
  /** Shows that the button is at work; its width stays. */
  busy?: boolean;
  /** Works without network; any other primary or dangerous thing is sent, and waits for it. */
  local?: boolean;
}

export function Button({
  look = 'plain',
  wide = false,
  busy = false,
  local = look !== 'primary' && look !== 'danger',
  onClick,
  children,
  className = '',
  type = 'button',
  ...rest
}: ButtonProps) {
  const sends = useSends(onClick);
  return (
    <button
      type={type}
      aria-busy={busy || undefined}
      className={`relative ${buttonClass(look, wide)} ${className}`}
      {...rest}
      {...(local ? { onClick } : sends)}
    >
      <span className={`inline-flex items-center gap-2 ${busy ? 'opacity-0' : ''}`}>{children}</span>
      {busy && <LoaderCircle aria-hidden className="absolute size-4 animate-turn" />}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  icon: LucideIcon;
  /** What the button does: its accessible name and its tool tip. */
  label: string;
  small?: boolean;
}

export function IconButton({
  icon: Icon,
  label,
  small = false,
  className = '',
  type = 'button',
  ...rest
}: IconButtonProps) {
  const size = small ? 'size-8' : 'size-9';
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={`inline-grid ${size} shrink-0 place-items-center rounded-md text-soft transition-colors duration-150 hover:bg-sunken hover:text-ink aria-disabled:opacity-50 touch:size-11 ${className}`}
      {...rest}
    >
      <Icon aria-hidden className={small ? 'size-4' : 'size-5'} strokeWidth={1.75} />
    </button>
  );
}
