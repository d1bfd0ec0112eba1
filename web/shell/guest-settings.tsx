import { Settings2 } from 'lucide-react';
import { useWords } from '../lib/language.ts';
import { Menu } from '../ui/menu.tsx';
import { useDocsEntry, useHelpEntries, useSettingsEntries } from './settings-entries.ts';

/** Language and theme, before somebody is logged in. */
export function GuestSettings({ onHelp }: { onHelp: () => void }) {
  const { t } = useWords();
  const settings = useSettingsEntries();
  const help = [useDocsEntry(), ...useHelpEntries(onHelp)];
  return (
    <Menu
      label={t('nav.settings')}
      side="top"
      groups={[settings, help]}
      className="grid size-10 place-items-center rounded-md text-soft hover:bg-chosen/60 hover:text-ink touch:size-11"
    >
      <Settings2 aria-hidden className="size-5" strokeWidth={1.75} />
    </Menu>
  );
}
