import type { UsageRow } from '#contracts/usage.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { usageTexts } from './usage-texts.ts';
import { sayValue, type Group, type Report } from './usage-view.ts';

interface UsageTableProps {
  report: Report;
  group: Group;
  name: (row: UsageRow) => string;
}

const columns = [
  { text: 'requests', of: 'requests' },
  { text: 'failed', of: 'failed' },
  { text: 'promptTokens', of: 'prompt_tokens' },
  { text: 'cachedTokens', of: 'cached_tokens' },
  { text: 'completionTokens', of: 'completion_tokens' },
] as const;

export function UsageTable({ report, group, name }: UsageTableProps) {
  const t = useRouteTexts(usageTexts);
  const { locale } = useWords();
  const cell = 'px-3 py-2 text-right tabular-nums first:pl-0 last:pr-0';
  const numbers = (row: Report['total']) => (
    <>
      {columns.map(({ of }) => (
        <td key={of} className={cell}>
          {row[of].toLocaleString(locale)}
        </td>
      ))}
      <td className={cell}>{sayValue(row.cost_usd, 'cost', locale)}</td>
    </>
  );
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls sideways
    <section aria-label={t('table')} tabIndex={0} className="-mx-4 overflow-x-auto px-4">
      <table className="w-max min-w-full border-collapse">
        <thead>
          <tr className="border-b border-line text-xs text-soft">
            <th scope="col" className="py-2 pr-3 text-left font-normal">
              {t(`column.${group}`)}
            </th>
            {[...columns.map(({ text }) => text), 'cost' as const].map((text) => (
              <th key={text} scope="col" className={`${cell} font-normal`}>
                {t(text)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.results.map((row) => (
            <tr key={`${row.id}-${row.group}`} className="border-b border-line" data-usage-row={row.requests}>
              <th scope="row" className="max-w-56 truncate py-2 pr-3 text-left font-normal">
                {name(row)}
              </th>
              {numbers(row)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="font-medium" data-usage-total={report.total.requests}>
            <th scope="row" className="py-2 pr-3 text-left">
              {t('total')}
            </th>
            {numbers(report.total)}
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
