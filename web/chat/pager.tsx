import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useRouteTexts } from '../lib/route-texts.ts';
import { IconButton } from '../ui/button.tsx';
import { chatTexts } from './chat-texts.ts';

interface PagerProps {
  ids: readonly number[];
  current: number | undefined;
  previous: string;
  next: string;
  onChoose: (id: number) => void;
}

/** Steps through the versions of a question or of an answer; nothing where there is one only. */
export function Pager({ ids, current, previous, next, onChoose }: PagerProps) {
  const t = useRouteTexts(chatTexts);
  const place = ids.findIndex((id) => id === current);
  if (ids.length < 2 || place < 0) return null;
  const step = (by: 1 | -1) => {
    const id = ids[place + by];
    if (id !== undefined) onChoose(id);
  };
  // Disabled by ARIA alone: a button that goes away under the focus would lose it.
  return (
    <div className="flex items-center text-xs text-soft tabular-nums">
      <IconButton
        small
        icon={ChevronLeft}
        label={previous}
        aria-disabled={place === 0}
        className="aria-disabled:opacity-40"
        onClick={() => step(-1)}
      />
      <span>{t('place', { n: place + 1, of: ids.length })}</span>
      <IconButton
        small
        icon={ChevronRight}
        label={next}
        aria-disabled={place === ids.length - 1}
        className="aria-disabled:opacity-40"
        onClick={() => step(1)}
      />
    </div>
  );
}
