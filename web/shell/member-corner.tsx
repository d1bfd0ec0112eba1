import { useNavigate } from '@tanstack/react-router';
import { ChartColumn, ChevronsUpDown, KeyRound, LogOut, ShieldCheck, UserRound } from 'lucide-react';
import type { Profile } from '#contracts/accounts.ts';
import { logOut } from '../accounts/account-queries.ts';
import { asProblem } from '../lib/api-client.ts';
import { useWords, type Translate } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import type { MenuEntry } from '../ui/menu-popup.tsx';
import { Menu } from '../ui/menu.tsx';
import { useDocsEntry, useHelpEntries, useSettingsEntries } from './settings-entries.ts';

const ko = { profile: '프로필', keys: 'API 키', usage: '사용량', admin: '관리' };
const en: typeof ko = {
  profile: 'Profile',
  keys: 'API keys',
  usage: 'Usage',
  admin: 'Administration',
};

/** Who is logged in, with the way to all that is theirs. */
export function MemberCorner({ profile, onHelp }: { profile: Profile; onHelp: () => void }) {
  const { t } = useWords();
  const own = useRouteTexts({ ko, en });
  const settings = useSettingsEntries();
  const help = useHelpEntries(onHelp);
  const navigate = useNavigate();
  const go = (to: '/accounts/profile' | '/keys' | '/usage' | '/admin') => () => void navigate({ to, search: {} });
  const places: MenuEntry[] = [
    { kind: 'action', icon: UserRound, label: own('profile'), run: go('/accounts/profile') },
    { kind: 'action', icon: KeyRound, label: own('keys'), run: go('/keys') },
    { kind: 'action', icon: ChartColumn, label: own('usage'), run: go('/usage') },
    useDocsEntry(),
  ];
  if (profile.role === 'administrator') {
    places.push({ kind: 'action', icon: ShieldCheck, label: own('admin'), run: go('/admin') });
  }
  const groups: MenuEntry[][] = [
    [{ kind: 'text', label: profile.nickname, ...(profile.email ? { text: profile.email } : {}) }],
    places,
    settings,
    [...help, { kind: 'action', icon: LogOut, label: t('auth.logOut'), run: () => void leave(t) }],
  ];
  return (
    <div className="shrink-0 border-t border-line p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
      <Menu
        label={t('nav.account')}
        named
        side="top"
        align="start"
        groups={groups}
        className="flex h-12 w-full items-center gap-3 rounded-md px-2 text-left hover:bg-chosen/60 aria-expanded:bg-chosen/60"
      >
        <span
          aria-hidden
          className="grid size-8 shrink-0 place-items-center rounded-full border border-line bg-raised font-medium"
        >
          {[...profile.nickname][0]?.toUpperCase()}
        </span>
        <span className="min-w-0 flex-1 truncate font-medium">{profile.nickname}</span>
        <span className="sr-only">{t('nav.account')}</span>
        <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-soft" strokeWidth={1.75} />
      </Menu>
    </div>
  );
}

async function leave(t: Translate): Promise<void> {
  try {
    await logOut();
  } catch (error) {
    showToast({ kind: 'error', text: problemText(asProblem(error), t) });
  }
}
