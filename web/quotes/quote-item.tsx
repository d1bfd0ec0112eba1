import { Ellipsis, GitMerge, MessageSquareReply, PencilLine, Trash2 } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { Quote } from '#contracts/quotes.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { sayExactly, sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { lazyPart } from '../lib/parts.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import type { MenuEntry } from '../ui/menu-popup.tsx';
import { Menu } from '../ui/menu.tsx';
import { quoteTexts } from './quote-texts.ts';
import { StatusBadge } from './status-badge.tsx';
import { VoteButton } from './vote-button.tsx';

// Most readers change nothing.
const QuoteDialog = lazyPart(() => import('./quote-dialog.tsx'), 'QuoteDialog');

export type QuoteAction = 'edit' | 'decide' | 'merge' | 'remove';

export function QuoteItem({ quote }: { quote: Quote }) {
  const t = useRouteTexts(quoteTexts);
  const [action, setAction] = useState<QuoteAction>();
  const entries = useEntries(quote, setAction);
  const source = [quote.speaker, quote.episode].filter(Boolean).join(' · ');
  return (
    <li className="flex gap-4 py-5">
      <VoteButton quote={quote} />
      <div className="min-w-0 flex-1">
        <div className="flex items-start gap-2">
          <p className="min-w-0 flex-1 text-base font-medium whitespace-pre-wrap">{quote.content}</p>
          {entries.length > 0 && (
            <Menu
              label={t('menu', { text: quote.content.slice(0, 40) })}
              groups={[entries]}
              className="-my-1 grid size-9 shrink-0 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink touch:size-11"
            >
              <Ellipsis aria-hidden className="size-5" strokeWidth={1.75} />
            </Menu>
          )}
        </div>
        {source && <p className="mt-0.5">{source}</p>}
        {quote.situation && <p className="mt-0.5 text-soft">{quote.situation}</p>}
        <Origin quote={quote} />
        {quote.reply && (
          <div className="mt-3 border-l-2 border-edge/60 pl-3">
            <p className="text-xs text-soft">{t('answer')}</p>
            <p className="mt-0.5 whitespace-pre-wrap">{quote.reply}</p>
          </div>
        )}
        {action && (
          <Suspense>
            <QuoteDialog quote={quote} action={action} onClose={() => setAction(undefined)} />
          </Suspense>
        )}
      </div>
    </li>
  );
}

/** How it stands, who asked for it, and when. */
function Origin({ quote }: { quote: Quote }) {
  const t = useRouteTexts(quoteTexts);
  const { t: word, locale } = useWords();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const now = useNow();
  const at = Date.parse(quote.created_at);
  return (
    <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-soft">
      <StatusBadge status={quote.status} />
      <span className="max-w-48 truncate">{quote.mine ? t('you') : quote.user}</span>
      <time dateTime={quote.created_at} title={sayExactly(at, { locale, timeZone })}>
        {sayWhen(at, { locale, timeZone, now }, word('time.now'))}
      </time>
    </div>
  );
}

function useEntries(quote: Quote, open: (action: QuoteAction) => void): MenuEntry[] {
  const t = useRouteTexts(quoteTexts);
  const administrator = useProfile()?.role === 'administrator';
  const entries: MenuEntry[] = [];
  const add = (action: QuoteAction, icon: typeof Trash2, danger = false) =>
    entries.push({ kind: 'action', label: t(action), icon, danger, run: () => open(action) });
  if (administrator) add('decide', MessageSquareReply);
  if (administrator) add('merge', GitMerge);
  if (administrator || (quote.mine && !quote.is_apply)) add('edit', PencilLine);
  if (administrator || quote.mine) add('remove', Trash2, true);
  return entries;
}
