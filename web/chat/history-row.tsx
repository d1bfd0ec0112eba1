import { Link } from '@tanstack/react-router';
import { Ellipsis, Globe, PencilLine, Pin, PinOff, Share2, Trash2 } from 'lucide-react';
import { Suspense, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { sayExactly, sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { isOnline } from '../lib/online.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import type { SessionRow } from '#contracts/sessions.ts';
import { Menu } from '../ui/menu.tsx';
import { chatTexts } from './chat-texts.ts';
import { RenameField } from './rename-field.tsx';
import { ShareDialog } from '../sessions/lazy-share-dialog.tsx';
import { useBotName } from './use-bot-name.ts';
import { usePin } from './use-pin.ts';

interface HistoryRowProps {
  /** Shows the place that was searched for. */
  found: boolean;
  row: SessionRow;
  zone: string;
  onDelete: () => void;
}

export function HistoryRow({ row, found, zone, onDelete }: HistoryRowProps) {
  const { t, locale } = useWords();
  const words = useRouteTexts(chatTexts);
  const pin = usePin();
  const [renaming, setRenaming] = useState(false);
  const [sharing, setSharing] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const endRenaming = (byKey: boolean) => {
    flushSync(() => setRenaming(false));
    if (byKey) link.current?.focus();
  };
  const bot = useBotName(row.bot);
  const now = useNow();
  const at = Date.parse(row.updated_at);
  if (renaming) {
    return (
      <li className="flex min-h-12 items-center px-1">
        <RenameField row={row} onDone={endRenaming} />
      </li>
    );
  }
  return (
    <li className="group flex min-h-12 items-center rounded-md pr-1 focus-within:bg-sunken hover:bg-sunken">
      <Link
        ref={link}
        to="/sessions/$sessionId"
        params={{ sessionId: String(row.id) }}
        preload={false}
        onKeyDown={(event) => {
          if (event.key === 'F2' && isOnline()) setRenaming(true);
          else if (event.key === 'Delete' && isOnline()) onDelete();
          else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') moveFocus(event);
        }}
        data-row
        className="flex min-h-12 min-w-0 flex-1 items-center gap-3 rounded-md px-3"
      >
        <span className="min-w-0 py-2">
          <span className="block truncate text-base">{row.title}</span>
          {bot && bot !== row.title && <span className="block truncate text-xs text-soft">{bot}</span>}
          {found && row.match && (
            <span className="block truncate text-soft">
              {row.match.before}
              <mark className="bg-transparent font-medium text-ink">{row.match.hit}</mark>
              {row.match.after}
            </span>
          )}
        </span>
        {row.visibility === 'public' && (
          <span className="inline-flex shrink-0 items-center gap-1 text-xs text-soft">
            <Globe aria-hidden className="size-3.5" />
            {t('history.public')}
          </span>
        )}
        <time
          dateTime={row.updated_at}
          title={sayExactly(at, { locale, timeZone: zone })}
          className="ml-auto shrink-0 text-xs text-soft"
        >
          {sayWhen(at, { locale, timeZone: zone, now }, t('time.now'))}
        </time>
      </Link>
      <Menu
        label={t('history.rowMenu', { title: row.title })}
        groups={[
          [
            { kind: 'action', icon: PencilLine, sends: true, label: t('history.rename'), run: () => setRenaming(true) },
            {
              kind: 'action',
              icon: row.pinned ? PinOff : Pin,
              sends: true,
              label: words(row.pinned ? 'unpin' : 'pin'),
              run: () => void pin(row.id, !row.pinned),
            },
            { kind: 'action', icon: Share2, sends: true, label: words('share'), run: () => setSharing(true) },
            { kind: 'action', icon: Trash2, sends: true, label: t('history.delete'), danger: true, run: onDelete },
          ],
        ]}
        className="grid size-9 shrink-0 place-items-center rounded-md text-soft hover:text-ink touch:size-11"
      >
        <Ellipsis aria-hidden className="size-5" strokeWidth={1.75} />
      </Menu>
      {sharing && (
        <Suspense>
          <ShareDialog sessionId={row.id} onClose={() => setSharing(false)} />
        </Suspense>
      )}
    </li>
  );
}

function moveFocus(event: React.KeyboardEvent): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const next = rows[rows.indexOf(event.currentTarget as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
