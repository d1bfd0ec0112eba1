import { Outlet, useLocation } from '@tanstack/react-router';
import { Suspense, useEffect, useMemo, useState } from 'react';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { readStored } from '../lib/theme.ts';
import { Controls } from './shell-controls.ts';
import { Sidebar } from './sidebar.tsx';
import { useShortcuts } from './shortcuts.ts';

// Only narrow screens have it.
const loadDrawer = () => import('../ui/dialog.tsx');
const Drawer = lazyPart(loadDrawer, 'Drawer');
const ShortcutsDialog = lazyPart(() => import('./shortcuts-dialog.tsx'), 'ShortcutsDialog');

const hiddenKey = 'daesa.sidebarHidden';
const isWide = () => matchMedia('(min-width: 48rem)').matches;

/** The frame of every page but login: navigation at the left, the page at the right. */
export function Shell() {
  const { t } = useWords();
  const [sidebarShown, setSidebarShown] = useState(readStored(hiddenKey) === null);
  const { pathname } = useLocation();
  // Going to another page closes the drawer. Undefined: it was never open.
  const [drawerAt, setDrawerAt] = useState<string>();
  const drawerOpen = drawerAt === pathname;
  const [helpOpen, setHelpOpen] = useState(false);

  const controls = useMemo(
    () => ({
      sidebarShown,
      toggleSidebar: () => {
        if (!isWide()) return setDrawerAt((at) => (at === pathname ? '' : pathname));
        if (sidebarShown) localStorage.setItem(hiddenKey, 'yes');
        else localStorage.removeItem(hiddenKey);
        setSidebarShown(!sidebarShown);
      },
    }),
    [sidebarShown, pathname],
  );
  const { toggleSidebar } = controls;
  const closeDrawer = () => setDrawerAt('');
  const showHelp = () => setHelpOpen(true);
  useShortcuts({ toggleSidebar, showHelp });
  useEffect(() => {
    if (!isWide()) loadDrawer().catch(() => {});
  }, []);

  return (
    <Controls value={controls}>
      <div className="flex h-visible">
        {sidebarShown && (
          <div className="hidden w-64 shrink-0 border-r border-line bg-side md:block">
            <Sidebar onHide={toggleSidebar} onHelp={showHelp} />
          </div>
        )}
        {drawerAt !== undefined && (
          <Suspense>
            <Drawer open={drawerOpen} onClose={closeDrawer} label={t('nav.menu')}>
              <Sidebar onHide={closeDrawer} onHelp={showHelp} />
            </Drawer>
          </Suspense>
        )}
        <div className="flex min-w-0 flex-1 flex-col">
          <Outlet />
        </div>
      </div>
      {helpOpen && (
        <Suspense>
          <ShortcutsDialog open onClose={() => setHelpOpen(false)} />
        </Suspense>
      )}
    </Controls>
  );
}
