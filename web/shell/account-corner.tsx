import { Link } from '@tanstack/react-router';
import { ChevronsUpDown, Keyboard, LogOut, Settings2 } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { logOut, useProfile } from '../accounts/account-queries.ts';
import { asProblem } from '../lib/api-client.ts';
import { chooseLanguage, useWords, type Language, type Translate } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { chooseTheme, onThemeChosen, readTheme, type Theme } from '../lib/theme.ts';
import { showToast } from '../lib/toasts.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { buttonClass } from '../ui/button.tsx';
import type { MenuEntry } from '../ui/menu-popup.tsx';
import { Menu } from '../ui/menu.tsx';

/** Who is logged in, with the settings that are wanted everywhere. */
export function AccountCorner({ onHelp }: { onHelp: () => void }) {
  const { t } = useWords();
  const profile = useProfile();
  const settings = useSettingsEntries();
  const help: MenuEntry[] = isTouchPrimary()
    ? []
    : [{ kind: 'action', icon: Keyboard, label: t('keys.title'), run: onHelp }];
  if (profile === undefined) return <div className="h-16 shrink-0" />;
  if (profile === null) {
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
  const groups: MenuEntry[][] = [
    [{ kind: 'text', label: profile.nickname, ...(profile.email ? { text: profile.email } : {}) }],
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

function useSettingsEntries(): MenuEntry[] {
  const { t, language } = useWords();
  const theme = useSyncExternalStore(onThemeChosen, readTheme);
  return [
    {
      kind: 'choice',
      label: t('settings.theme'),
      value: theme,
      options: [
        { value: 'system', label: t('settings.theme.system') },
        { value: 'light', label: t('settings.theme.light') },
        { value: 'dark', label: t('settings.theme.dark') },
      ],
      choose: (value) => chooseTheme(value as Theme),
    },
    {
      kind: 'choice',
      label: t('settings.language'),
      value: language,
      options: [
        { value: 'ko', label: '한국어' },
        { value: 'en', label: 'English' },
      ],
      choose: (value) => void chooseLanguage(value as Language),
    },
  ];
}
