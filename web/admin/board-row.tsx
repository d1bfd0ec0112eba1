import { Ellipsis, GitMerge, PencilLine, Trash2 } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import type { Quote, QuoteStatus } from '#contracts/quotes.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { quoteTexts } from '../quotes/quote-texts.ts';
import { shortcutsAreOn } from '../shell/shortcuts.ts';
import { Button } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { RowCheck } from '../ui/selection.tsx';
import type { Deciding } from './board-section.tsx';
import { queueTexts } from './queue-texts.ts';

interface BoardRowProps {
  quote: Quote;
  checked: boolean;
  onCheck: () => void;
  onDecide: (deciding: Deciding) => void;
}

/** By the place of the key, so that they also work while Hangul is written. */
const keys: Record<string, QuoteStatus> = { KeyA: 'applied', KeyR: 'declined' };

/** One request of the queue. Its keys work while its box has the focus: nothing is typed there. */
export function BoardRow({ quote, checked, onCheck, onDecide }: BoardRowProps) {
  const t = useRouteTexts(queueTexts);
  const words = useRouteTexts(quoteTexts);
  const text = quote.content.slice(0, 40);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') return moveFocus(event);
    const status = keys[event.code];
    if (!status || !shortcutsAreOn() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onDecide({ quote, action: 'decide', status });
  };
  const open = (action: Deciding['action']) => () => onDecide({ quote, action });
  return (
    <li className="flex flex-wrap items-start gap-x-2 gap-y-2 py-3 pr-4 pl-2" data-request={quote.id}>
      <RowCheck
        label={t('choose', { text })}
        checked={checked}
        onChange={onCheck}
        onKeyDown={onKeyDown}
        data-row-check
      />
      <Asked quote={quote} />
      <div className="ml-auto flex items-center gap-1">
        <Button aria-label={t('decideOn', { text })} onClick={open('decide')}>
          {t('decide')}
        </Button>
        <Menu
          label={words('menu', { text })}
          groups={[
            [
              { kind: 'action', label: words('merge'), icon: GitMerge, run: open('merge') },
              { kind: 'action', label: words('edit'), icon: PencilLine, run: open('edit') },
              { kind: 'action', label: words('remove'), icon: Trash2, danger: true, run: open('remove') },
            ],
          ]}
          className="grid size-9 shrink-0 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink touch:size-11"
        >
          <Ellipsis aria-hidden className="size-5" strokeWidth={1.75} />
        </Menu>
      </div>
    </li>
  );
}

function Asked({ quote }: { quote: Quote }) {
  const words = useRouteTexts(quoteTexts);
  const { t: say, locale } = useWords();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const when = sayWhen(Date.parse(quote.created_at), { locale, timeZone, now: useNow() }, say('time.now'));
  const source = [quote.speaker, quote.episode, quote.situation].filter(Boolean).join(' · ');
  return (
    <div className="min-w-0 flex-1 basis-48 py-1.5">
      <p className="font-medium whitespace-pre-wrap [overflow-wrap:anywhere]">{quote.content}</p>
      {source && <p className="mt-0.5">{source}</p>}
      <p className="mt-0.5 text-soft [overflow-wrap:anywhere]">
        {words('voteCount', { n: quote.votes })} · {quote.user} · {when}
      </p>
      {quote.reply && (
        <p className="mt-1 text-soft">
          {words('answer')}: {quote.reply}
        </p>
      )}
    </div>
  );
}

const boxes = () => [...document.querySelectorAll<HTMLElement>('[data-row-check]')];

/** The row at this place of the list, or else the last one. */
export function focusRow(place: number): void {
  const all = boxes();
  all[Math.min(place, all.length - 1)]?.focus();
}

function moveFocus(event: KeyboardEvent<HTMLInputElement>): void {
  event.preventDefault();
  boxes()[boxes().indexOf(event.currentTarget) + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
}
