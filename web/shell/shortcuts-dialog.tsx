import { useState } from 'react';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Dialog } from '../ui/dialog.tsx';
import { isApple, shortcutsAreOn, switchShortcuts } from './shortcuts.ts';

const ko = {
  composer: '입력창으로 가기',
  help: '단축키 보기',
  newChat: '새 대화',
  newLine: '줄 바꾸기',
  on: '단축키 쓰기',
  search: '대화 찾기',
  send: '보내기',
  sidebar: '옆 메뉴 열고 닫기',
  stop: '창 닫기, 답변 멈추기',
};
const en: typeof ko = {
  composer: 'Go to the message field',
  help: 'Show shortcuts',
  newChat: 'New chat',
  newLine: 'New line',
  on: 'Use keyboard shortcuts',
  search: 'Search chats',
  send: 'Send',
  sidebar: 'Show or hide the sidebar',
  stop: 'Close, stop the answer',
};

const shortcuts: { keys: string[]; text: keyof typeof ko }[] = [
  { keys: ['mod', 'K'], text: 'search' },
  { keys: ['mod', 'shift', 'O'], text: 'newChat' },
  { keys: ['mod', 'shift', 'S'], text: 'sidebar' },
  { keys: ['shift', 'Esc'], text: 'composer' },
  { keys: ['Enter'], text: 'send' },
  { keys: ['shift', 'Enter'], text: 'newLine' },
  { keys: ['Esc'], text: 'stop' },
  { keys: ['mod', '/'], text: 'help' },
];

export function ShortcutsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useWords();
  const own = useRouteTexts({ ko, en });
  const [on, setOn] = useState(shortcutsAreOn);
  const names: Record<string, string> = isApple() ? { mod: '⌘', shift: '⇧' } : { mod: 'Ctrl', shift: 'Shift' };
  return (
    <Dialog open={open} onClose={onClose} title={t('keys.title')}>
      <dl className="space-y-2.5">
        {shortcuts.map(({ keys, text }) => (
          <div key={text} className="flex items-center justify-between gap-4">
            <dt>{own(text)}</dt>
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
        {own('on')}
      </label>
    </Dialog>
  );
}
