import type { SessionRow } from '#contracts/sessions.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import type { useSelection } from '../lib/use-selection.ts';
import { Button } from '../ui/button.tsx';
import { RowCheck, SelectionBar } from '../ui/selection.tsx';
import { historyTexts } from './history-texts.ts';

/** A row while several are chosen: the whole of it is its box. */
export function ChoiceRow({ row, checked, onCheck }: { row: SessionRow; checked: boolean; onCheck: () => void }) {
  const own = useRouteTexts(historyTexts);
  return (
    <li className="flex min-h-12 items-center gap-1 rounded-md pr-3 hover:bg-sunken">
      <RowCheck label={own('choose', { title: row.title })} checked={checked} onChange={onCheck}>
        <span className="min-w-0 flex-1 truncate py-2 text-base">{row.title}</span>
      </RowCheck>
    </li>
  );
}

interface HistoryBarProps {
  selection: ReturnType<typeof useSelection<number>>;
  onDelete: (ids: number[]) => void;
  onClose: () => void;
}

/** What can be done with all that are chosen. */
export function HistoryBar({ selection, onDelete, onClose }: HistoryBarProps) {
  const own = useRouteTexts(historyTexts);
  const { t } = useWords();
  const { chosen } = selection;
  return (
    <SelectionBar label={own('chosen', { n: chosen.length })}>
      <Button look="quiet" onClick={selection.all}>
        {own('all')}
      </Button>
      <Button look="quiet" onClick={onClose}>
        {t('action.cancel')}
      </Button>
      <Button look="danger" disabled={chosen.length === 0} onClick={() => onDelete(chosen)}>
        {t('history.delete')}
      </Button>
    </SelectionBar>
  );
}
