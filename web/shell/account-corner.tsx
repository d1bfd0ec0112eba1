import { Link } from '@tanstack/react-router';
import { Keyboard, Settings2 } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useWords } from '../lib/language.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { buttonClass } from '../ui/button.tsx';
import type { MenuEntry } from '../ui/menu-popup.tsx';
import { Menu } from '../ui/menu.tsx';
import { useSettingsEntries } from './settings-entries.ts';

// Guests have no such menu, and their pages have to be light.
const MemberCorner = lazy(async () => ({ default: (await import('./member-corner.tsx')).MemberCorner }));

/** Who is logged in, or the way to log in. */
export function AccountCorner({ onHelp }: { onHelp: () => void }) {
  const { t } = useWords();
  const profile = useProfile();
  const help: MenuEntry[] = isTouchPrimary()
    ? []
    : [{ kind: 'action', icon: Keyboard, label: t('keys.title'), run: onHelp }];
  const place = <div className="h-16 shrink-0" />;
  if (profile === undefined) return place;
  if (profile === null) return <GuestCorner help={help} />;
  return (
    <Suspense fallback={place}>
      <MemberCorner profile={profile} help={help} />
    </Suspense>
  );
}

function GuestCorner({ help }: { help: MenuEntry[] }) {
  const { t } = useWords();
  const settings = useSettingsEntries();
  return (
    <div className="flex shrink-0 items-center gap-2 border-t border-line p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
      <Link to="/accounts/login" className={`${buttonClass('plain')} flex-1`}>
        {t('auth.logIn')}
      </Link>
      <Menu
        label={t('nav.settings')}
        side="top"
        groups={help.length > 0 ? [settings, help] : [settings]}
        className="grid size-10 place-items-center rounded-md text-soft hover:bg-chosen/60 hover:text-ink touch:size-11"
      >
        <Settings2 aria-hidden className="size-5" strokeWidth={1.75} />
      </Menu>
    </div>
  );
}
