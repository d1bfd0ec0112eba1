import { useState } from 'react';
import type { SessionRow } from '#contracts/sessions.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { dayOf, sayDay } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { useSelection } from '../lib/use-selection.ts';
import { Button } from '../ui/button.tsx';
import { HistoryRow } from './history-row.tsx';
import { ChoiceRow, HistoryBar } from './history-selection.tsx';
import { historyTexts } from './history-texts.ts';

interface HistoryListProps {
  rows: SessionRow[];
  /** The rows are what was searched for. */
  found: boolean;
  onDelete: (ids: number[]) => void;
}

/** Conversations by their day. Several can be chosen, and deleted at once. */
export function HistoryList({ rows, found, onDelete }: HistoryListProps) {
  const { locale } = useWords();
  const own = useRouteTexts(historyTexts);
  const zone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const now = useNow();
  const [selecting, setSelecting] = useState(false);
  const selection = useSelection(rows.map(({ id }) => id));
  const end = () => {
    setSelecting(false);
    selection.clear();
  };
  const rowOf = (row: SessionRow) => {
    if (!selecting)
      return <HistoryRow key={row.id} row={row} found={found} zone={zone} onDelete={() => onDelete([row.id])} />;
    const toggle = () => selection.toggle(row.id);
    return <ChoiceRow key={row.id} row={row} checked={selection.has(row.id)} onCheck={toggle} />;
  };
  return (
    <>
      {groupRows(rows, zone).map(([group, inGroup], index) => {
        const name = group === PINNED ? own('pinned') : sayDay(group, { locale, timeZone: zone, now });
        return (
          <section key={group} aria-label={name}>
            <div className="flex items-baseline justify-between pt-6 pb-1">
              <h2 className="text-xs font-normal text-soft">{name}</h2>
              {index === 0 && !selecting && (
                <Button look="quiet" className="-my-2 -mr-4 font-normal! text-soft" onClick={() => setSelecting(true)}>
                  {own('select')}
                </Button>
              )}
            </div>
            <ul className="-mx-3">{inGroup.map(rowOf)}</ul>
          </section>
        );
      })}
      {selecting && (
        <HistoryBar
          selection={selection}
          onDelete={(ids) => {
            onDelete(ids);
            end();
          }}
          onClose={end}
        />
      )}
    </>
  );
}

const PINNED = 'pinned';

/** Pinned ones first, as the server sends them; the others by their day. */
function groupRows(rows: SessionRow[], zone: string): [string, SessionRow[]][] {
  return [...Map.groupBy(rows, ({ pinned, updated_at }) => (pinned ? PINNED : dayOf(Date.parse(updated_at), zone)))];
}
