import { useSyncExternalStore } from 'react';
import { chooseLanguage, useWords, type Language } from '../lib/language.ts';
import { chooseTheme, onThemeChosen, readTheme, themes, type Theme } from '../lib/theme.ts';
import type { MenuEntry } from '../ui/menu-popup.tsx';

/** The settings that are wanted everywhere, as entries of a menu. */
export function useSettingsEntries(): MenuEntry[] {
  const { t, language } = useWords();
  const theme = useSyncExternalStore(onThemeChosen, readTheme);
  return [
    {
      kind: 'choice',
      label: t('settings.theme'),
      value: theme,
      options: themes.map((value) => ({ value, label: t(`settings.theme.${value}`) })),
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
