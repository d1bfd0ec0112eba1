import { BookOpen, Keyboard } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { apiAddress } from '../lib/api-address.ts';
import { chooseLanguage, useWords, type Language, type TextKey } from '../lib/language.ts';
import { chooseTheme, onThemeChosen, readTheme, themes, type Theme } from '../lib/theme.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import type { MenuEntry } from '../ui/menu-popup.tsx';

export const themeTexts: Record<Theme, TextKey> = {
  system: 'settings.theme.system',
  light: 'settings.theme.light',
  dark: 'settings.theme.dark',
};

/** The settings that are wanted everywhere, as entries of a menu. */
export function useSettingsEntries(): MenuEntry[] {
  const { t, language } = useWords();
  const theme = useSyncExternalStore(onThemeChosen, readTheme);
  return [
    {
      kind: 'choice',
      label: t('settings.theme'),
      value: theme,
      options: themes.map((value) => ({ value, label: t(themeTexts[value]) })),
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

export function useDocsEntry(): MenuEntry {
  const { t } = useWords();
  return { kind: 'action', icon: BookOpen, label: t('nav.docs'), run: () => location.assign(`${apiAddress()}/docs`) };
}

/** The way to the list of shortcuts, where there are keys. */
export function useHelpEntries(onHelp: () => void): MenuEntry[] {
  const { t } = useWords();
  return isTouchPrimary() ? [] : [{ kind: 'action', icon: Keyboard, label: t('keys.title'), run: onHelp }];
}
