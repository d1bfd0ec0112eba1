import { Link } from '@tanstack/react-router';
import { SquarePen } from 'lucide-react';
import type { RefObject } from 'react';
import { useWords } from '../lib/language.ts';
import { PageHeader } from '../shell/page-header.tsx';

interface ChatHeaderProps {
  /** Undefined for a conversation that has not begun. */
  title: string | undefined;
  heading: RefObject<HTMLHeadingElement | null>;
}

export function ChatHeader({ title, heading }: ChatHeaderProps) {
  const { t } = useWords();
  return (
    <PageHeader>
      <h1 ref={heading} tabIndex={-1} className={title === undefined ? 'sr-only' : 'min-w-0 flex-1 truncate text-sm'}>
        {title ?? t('nav.newChat')}
      </h1>
      <Link
        to="/"
        aria-label={t('nav.newChat')}
        title={t('nav.newChat')}
        className="ml-auto grid size-9 shrink-0 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink touch:size-11 md:hidden"
      >
        <SquarePen aria-hidden className="size-5" strokeWidth={1.75} />
      </Link>
    </PageHeader>
  );
}
