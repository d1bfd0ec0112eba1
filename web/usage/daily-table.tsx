import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { usageTexts } from './usage-texts.ts';
import { sayValue, type Metric, type Series } from './usage-view.ts';

/** What the chart shows, in figures: the days with any use, the newest first. */
export function DailyTable({ days, series, metric }: { days: string[]; series: Series[]; metric: Metric }) {
  const t = useRouteTexts(usageTexts);
  const { locale } = useWords();
  const cell = 'px-3 py-1.5 text-right font-normal tabular-nums';
  const rows = days
    .map((day, index) => ({ day, values: series.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== 0))
    .toReversed();
  return (
    <details className="mt-4">
      <summary className="cursor-pointer py-1 text-soft hover:text-ink">{t('daily')}</summary>
      <section
        aria-label={t('daily')}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls
        tabIndex={0}
        className="mt-2 max-h-80 overflow-auto"
      >
        <table className="w-max min-w-full border-collapse text-xs">
          <thead>
            <tr className="border-b border-line text-soft">
              <th scope="col" className="py-1.5 pr-3 text-left font-normal">
                {t('column.day')}
              </th>
              {series.map(({ key, label }) => (
                <th key={key} scope="col" className={`${cell} max-w-40 truncate`}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ day, values }) => (
              <tr key={day} className="border-b border-line" data-daily={day}>
                <th scope="row" className="py-1.5 pr-3 text-left font-normal whitespace-nowrap">
                  {day}
                </th>
                {values.map((value, index) => (
                  <td key={series[index]!.key} className={cell}>
                    {sayValue(value, metric, locale)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
