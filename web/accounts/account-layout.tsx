import { Link } from '@tanstack/react-router';
import type { ReactNode, RefObject } from 'react';
import { useWords } from '../lib/language.ts';
import { DocsLink } from '../shell/docs-link.tsx';
import { LanguageSwitch } from '../shell/language-switch.tsx';
import { Wordmark } from '../shell/wordmark.tsx';

interface AccountLayoutProps {
  title: string;
  heading: RefObject<HTMLHeadingElement | null>;
  note?: string;
  children: ReactNode;
}

export const linkClass =
  'inline-flex min-h-6 items-center font-medium text-ink underline underline-offset-4 touch:min-h-11';

/** The frame of the pages before login: one narrow column. */
export function AccountLayout({ title, heading, note, children }: AccountLayoutProps) {
  const { t } = useWords();
  return (
    <div className="flex min-h-dvh flex-col px-4 pb-[env(safe-area-inset-bottom)]">
      <header className="flex h-16 items-center justify-between">
        <Link to="/" aria-label={t('nav.home')} className="flex rounded-sm">
          <Wordmark />
        </Link>
        <LanguageSwitch />
      </header>
      <main id="main" tabIndex={-1} className="mx-auto w-full max-w-88 flex-1 pt-[6vh] pb-16">
        <h1 ref={heading} tabIndex={-1} className="text-xl">
          {title}
        </h1>
        {note && <p className="mt-2 text-soft">{note}</p>}
        <div className="mt-8">{children}</div>
      </main>
      <footer className="flex justify-center pb-4">
        <DocsLink />
      </footer>
    </div>
  );
}
