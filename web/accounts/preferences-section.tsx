import { useId, useState, useSyncExternalStore } from 'react';
import { chooseLanguage, useWords, type Language } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { chooseTheme, onThemeChosen, readTheme, themes, type Theme } from '../lib/theme.ts';
import { enterSends, isTouchPrimary, switchEnterSends } from '../lib/touch.ts';
import { themeTexts } from '../shell/settings-entries.ts';
import { shortcutsAreOn, switchShortcuts } from '../shell/shortcuts.ts';
import { Select } from '../ui/select.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { profileTexts } from './profile-texts.ts';

/** What this browser remembers. */
export function PreferencesSection() {
  const t = useRouteTexts(profileTexts);
  const { t: say, language } = useWords();
  const theme = useSyncExternalStore(onThemeChosen, readTheme);
  return (
    <SettingsGroup title={t('look')}>
      <Setting label={t('language')}>
        <Select
          label={t('language')}
          value={language}
          options={[
            { value: 'ko', label: '한국어' },
            { value: 'en', label: 'English' },
          ]}
          onChange={(value) => void chooseLanguage(value as Language)}
        />
      </Setting>
      <Setting label={t('theme')}>
        <Select
          label={t('theme')}
          value={theme}
          options={themes.map((value) => ({ value, label: say(themeTexts[value]) }))}
          onChange={(value) => chooseTheme(value as Theme)}
        />
      </Setting>
      {!isTouchPrimary() && (
        <>
          <Switch label={t('enter')} note={t('enterNote')} read={enterSends} change={switchEnterSends} />
          <Switch label={t('shortcuts')} read={shortcutsAreOn} change={switchShortcuts} />
        </>
      )}
    </SettingsGroup>
  );
}

interface SwitchProps {
  label: string;
  note?: string;
  read: () => boolean;
  change: (on: boolean) => void;
}

function Switch({ label, note, read, change }: SwitchProps) {
  const [on, setOn] = useState(read);
  const id = useId();
  return (
    <Setting label={<label htmlFor={id}>{label}</label>} {...(note ? { value: note } : {})}>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={on}
        checked={on}
        onChange={({ target }) => {
          setOn(target.checked);
          change(target.checked);
        }}
        className="relative h-6 w-10 shrink-0 cursor-pointer appearance-none rounded-full bg-edge transition-colors duration-150 before:absolute before:top-1 before:left-1 before:size-4 before:rounded-full before:bg-raised before:transition-transform before:duration-150 checked:bg-ember checked:before:translate-x-4"
      />
    </Setting>
  );
}
