import { Link } from '@tanstack/react-router';
import { Menu as MenuIcon, PanelLeft, SquarePen } from 'lucide-react';
import type { RefObject } from 'react';
import { useWords } from '../lib/language.ts';
import { useShell } from '../shell/shell-controls.ts';
import { IconButton } from '../ui/button.tsx';

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

/** The bar above a page, with the way to the navigation where that is not in sight. */
export function PageHeader({ children }: { children: React.ReactNode }) {
  const { t } = useWords();
  const { sidebarShown, toggleSidebar } = useShell();
  return (
    <header className="flex h-14 shrink-0 items-center gap-2 px-1 md:px-4">
      <IconButton icon={MenuIcon} label={t('nav.menu')} onClick={toggleSidebar} className="md:hidden" />
      {!sidebarShown && (
        <IconButton
          icon={PanelLeft}
          label={t('nav.showSidebar')}
          onClick={toggleSidebar}
          className="hidden md:inline-grid"
        />
      )}
      {children}
    </header>
  );
}
