import { Menu as MenuIcon, PanelLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useWords } from '../lib/language.ts';
import { IconButton } from '../ui/button.tsx';
import { useShell } from './shell-controls.ts';

/** The bar above a page, with the way to the navigation where that is not in sight. */
export function PageHeader({ children }: { children: ReactNode }) {
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
