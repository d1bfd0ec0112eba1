import { CalendarClock, CircleCheck, CircleDashed, CircleX, type LucideIcon } from 'lucide-react';
import type { QuoteStatus } from '#contracts/quotes.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { quoteTexts } from './quote-texts.ts';

const looks: Record<QuoteStatus, { icon: LucideIcon; color: string }> = {
  requested: { icon: CircleDashed, color: 'text-soft' },
  planned: { icon: CalendarClock, color: 'text-amber' },
  applied: { icon: CircleCheck, color: 'text-good' },
  declined: { icon: CircleX, color: 'text-soft' },
};

export function StatusBadge({ status }: { status: QuoteStatus }) {
  const t = useRouteTexts(quoteTexts);
  const { icon: Icon, color } = looks[status];
  return (
    <span className={`inline-flex items-center gap-1 text-xs font-medium whitespace-nowrap ${color}`}>
      <Icon aria-hidden className="size-3.5" />
      {t(status)}
    </span>
  );
}
