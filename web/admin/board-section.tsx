import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Inbox } from 'lucide-react';
import { Suspense, useEffect, useRef, useState } from 'react';
import type { Quote, QuoteStatus } from '#contracts/quotes.ts';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { useSelection } from '../lib/use-selection.ts';
import type { QuoteAction } from '../quotes/quote-item.tsx';
import { changeQuote, quoteKeys, quotesQuery } from '../quotes/quote-queries.ts';
import { quoteTexts } from '../quotes/quote-texts.ts';
import { shortcutsAreOn } from '../shell/shortcuts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { SelectionBar } from '../ui/selection.tsx';
import { Select } from '../ui/select.tsx';
import { AdminList } from './admin-list.tsx';
import { BoardRow, focusRow } from './board-row.tsx';
import { queueTexts } from './queue-texts.ts';

const QuoteDialog = lazyPart(() => import('../quotes/quote-dialog.tsx'), 'QuoteDialog');

export interface Deciding {
  quote: Quote;
  action: QuoteAction;
  /** What the decision begins with. */
  status?: QuoteStatus;
}

const statuses = ['requested', 'planned', 'applied', 'declined'] as const satisfies QuoteStatus[];

/** What people have asked for and nobody has decided about: the most wanted first. */
export function BoardSection() {
  const t = useRouteTexts(queueTexts);
  const words = useRouteTexts(quoteTexts);
  const [status, setStatus] = useState<QuoteStatus>('requested');
  const [deciding, setDeciding] = useState<Deciding>();
  const list = useInfiniteQuery(quotesQuery({ status, sort: 'votes', q: '' }));
  const selection = useSelection(list.data?.map(({ id }) => id) ?? []);
  const chosen = list.data?.filter(({ id }) => selection.has(id)) ?? [];
  useNextRow(deciding && list.data?.findIndex(({ id }) => id === deciding.quote.id));
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Select
          label={t('shown')}
          value={status}
          options={statuses.map((value) => ({ value, label: words(value) }))}
          onChange={(value) => setStatus(value as QuoteStatus)}
        />
        {!isTouchPrimary() && shortcutsAreOn() && <p className="text-xs text-soft">{t('hint')}</p>}
      </div>
      <AdminList list={list} empty={<EmptyState icon={Inbox} title={words(`empty.${status}`)} />}>
        {(quote) => (
          <BoardRow
            key={quote.id}
            quote={quote}
            checked={selection.has(quote.id)}
            onCheck={() => selection.toggle(quote.id)}
            onDecide={setDeciding}
          />
        )}
      </AdminList>
      <Bulk key={status} chosen={chosen} status={status} onAll={selection.all} onNone={selection.clear} />
      {deciding && (
        <Suspense>
          <QuoteDialog {...deciding} onClose={() => setDeciding(undefined)} />
        </Suspense>
      )}
    </>
  );
}

/** A request that is decided about leaves the list: the one that took its place gets the focus. */
function useNextRow(place: number | undefined): void {
  const last = useRef<number>(undefined);
  useEffect(() => {
    if (place === undefined && last.current !== undefined && document.activeElement === document.body) {
      focusRow(last.current);
    }
    last.current = place;
  }, [place]);
}

interface BulkProps {
  chosen: Quote[];
  status: QuoteStatus;
  onAll: () => void;
  onNone: () => void;
}

/** One status for all that are chosen. Those that could not be changed are named, with the reason. */
function Bulk({ chosen, status, onAll, onNone }: BulkProps) {
  const t = useRouteTexts(queueTexts);
  const { t: say } = useWords();
  const queries = useQueryClient();
  const [busy, setBusy] = useState<QuoteStatus>();
  const [failed, setFailed] = useState<{ quote: Quote; reason: string }[]>([]);
  const change = async (to: QuoteStatus) => {
    if (busy) return;
    setBusy(to);
    const lost: typeof failed = [];
    for (const quote of chosen) {
      // One after the other: they wait for the same writer anyway.
      await changeQuote(quote.id, { status: to }).catch((error: unknown) =>
        lost.push({ quote, reason: problemText(asProblem(error), say) }),
      );
    }
    setFailed(lost);
    await queries.invalidateQueries({ queryKey: quoteKeys.all });
    if (lost.length < chosen.length) showToast({ kind: 'done', text: t('done', { n: chosen.length - lost.length }) });
    setBusy(undefined);
  };
  return (
    <>
      {failed.length > 0 && (
        <div className="mt-4">
          <ErrorNotice>
            {t('someFailed', { n: failed.length })}
            {failed.map(({ quote, reason }) => (
              <span key={quote.id} className="mt-1 block">
                ‘{quote.content.slice(0, 60)}’ · {reason}
              </span>
            ))}
          </ErrorNotice>
        </div>
      )}
      {chosen.length > 0 && (
        <SelectionBar label={t('chosen', { n: chosen.length })}>
          <Button look="quiet" onClick={onAll}>
            {t('all')}
          </Button>
          <Button look="quiet" onClick={onNone}>
            {t('none')}
          </Button>
          {statuses
            .filter((each) => each !== status)
            .map((each) => (
              <Button key={each} busy={busy === each} onClick={() => void change(each)}>
                {t(`set.${each}`)}
              </Button>
            ))}
        </SelectionBar>
      )}
    </>
  );
}
