import { useState } from 'react';
import { useWords, type TextKey } from '../lib/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { isApple, shortcutsAreOn, switchShortcuts } from './shortcuts.ts';

const shortcuts: { keys: string[]; text: TextKey }[] = [
  { keys: ['mod', 'K'], text: 'keys.search' },
  { keys: ['mod', 'shift', 'O'], text: 'keys.newChat' },
  { keys: ['mod', 'shift', 'S'], text: 'keys.sidebar' },
  { keys: ['shift', 'Esc'], text: 'keys.composer' },
  { keys: ['Enter'], text: 'keys.send' },
  { keys: ['shift', 'Enter'], text: 'keys.newLine' },
  { keys: ['Esc'], text: 'keys.stop' },
  { keys: ['mod', '/'], text: 'keys.help' },
];

export function ShortcutsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useWords();
  const [on, setOn] = useState(shortcutsAreOn);
  const names: Record<string, string> = isApple() ? { mod: '⌘', shift: '⇧' } : { mod: 'Ctrl', shift: 'Shift' };
  return (
    <Dialog open={open} onClose={onClose} title={t('keys.title')}>
      <dl className="space-y-2.5">
        {shortcuts.map(({ keys, text }) => (
          <div key={text} className="flex items-center justify-between gap-4">
            <dt>{t(text)}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-6 rounded-sm border border-line bg-sunken px-1.5 py-0.5 text-center font-sans text-xs text-soft"
                >
                  {names[key] ?? key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <label className="mt-6 flex min-h-9 items-center gap-3 border-t border-line pt-4">
        <input
          type="checkbox"
          checked={on}
          onChange={({ target }) => {
            setOn(target.checked);
            switchShortcuts(target.checked);
          }}
          className="size-4 accent-ember"
        />
        {t('keys.on')}
      </label>
    </Dialog>
  );
}
