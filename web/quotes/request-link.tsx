import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { MOST_CHARACTERS } from './quote-length.ts';

/** To the form that requests a line, which begins with `text`. */
export function RequestLink({ text, children }: { text: string; children: ReactNode }) {
  const begun = [...text.trim()].slice(0, MOST_CHARACTERS).join('');
  return (
    <Link
      to="/quote"
      search={{ write: 'yes', ...(begun ? { text: begun } : {}) }}
      className="inline-block py-1 font-medium text-ink underline underline-offset-4"
    >
      {children}
    </Link>
  );
}
