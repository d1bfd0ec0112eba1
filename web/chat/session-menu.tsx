import { useNavigate } from '@tanstack/react-router';
import { Braces, Ellipsis, FileText, PencilLine, Pin, PinOff, Share2, Trash2 } from 'lucide-react';
import { Suspense, useState } from 'react';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { saveFile } from '../lib/save-file.ts';
import { ShareDialog } from '../sessions/lazy-share-dialog.tsx';
import { IconButton } from '../ui/button.tsx';
import type { MenuEntry } from '../ui/menu-popup.tsx';
import { Menu } from '../ui/menu.tsx';
import { chatTexts } from './chat-texts.ts';
import type { Thread } from './thread.ts';
import type { ThreadView } from './thread-view.ts';
import { useDeletions } from './use-deletions.ts';
import { usePin } from './use-pin.ts';

interface SessionMenuProps {
  thread: Thread;
  view: ThreadView;
  sessionId: number;
  onRename: () => void;
}

/** What can be done with a conversation as a whole. */
export function SessionMenu({ thread, view, sessionId, onRename }: SessionMenuProps) {
  const t = useRouteTexts(chatTexts);
  const [sharing, setSharing] = useState(false);
  const entries = useEntries({ thread, view, sessionId, onRename });
  return (
    <>
      {view.mine && <IconButton icon={Share2} label={t('share')} onClick={() => setSharing(true)} />}
      <Menu
        label={t('menu')}
        groups={entries}
        className="grid size-9 shrink-0 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink touch:size-11"
      >
        <Ellipsis aria-hidden className="size-5" strokeWidth={1.75} />
      </Menu>
      {sharing && (
        <Suspense>
          <ShareDialog
            sessionId={sessionId}
            onChange={(session) => thread.show(session)}
            onClose={() => setSharing(false)}
          />
        </Suspense>
      )}
    </>
  );
}

function useEntries({ thread, view, sessionId, onRename }: SessionMenuProps): MenuEntry[][] {
  const t = useRouteTexts(chatTexts);
  const { t: word } = useWords();
  const setPinned = usePin();
  const navigate = useNavigate();
  const { remove } = useDeletions();
  const pin = async () => {
    const session = await setPinned(sessionId, !view.pinned);
    if (session) thread.show(session);
  };
  const open = () => navigate({ to: '/sessions/$sessionId', params: { sessionId: String(sessionId) } });
  const deleteIt = () => {
    remove([sessionId], () => void open());
    void navigate({ to: '/' });
  };
  const save = (format: 'md' | 'json') =>
    void saveFile(`/sessions/${sessionId}/export?format=${format}`, `daesa-session-${sessionId}.${format}`, word);
  const exported: MenuEntry[] = [
    { kind: 'action', icon: FileText, sends: true, label: t('markdown'), run: () => save('md') },
    { kind: 'action', icon: Braces, sends: true, label: t('json'), run: () => save('json') },
  ];
  if (!view.mine) return [exported];
  return [
    [
      { kind: 'action', icon: PencilLine, sends: true, label: t('rename'), run: onRename },
      {
        kind: 'action',
        icon: view.pinned ? PinOff : Pin,
        sends: true,
        label: t(view.pinned ? 'unpin' : 'pin'),
        run: () => void pin(),
      },
    ],
    exported,
    [{ kind: 'action', icon: Trash2, sends: true, label: t('delete'), danger: true, run: deleteIt }],
  ];
}
