import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ChartColumn, Download, TriangleAlert } from 'lucide-react';
import type { Profile } from '#contracts/accounts.ts';
import type { UsageRow } from '#contracts/usage.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { useNeedsLogin } from '../accounts/go-to-login.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { saveFile } from '../lib/save-file.ts';
import { Page } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { Select } from '../ui/select.tsx';
import { DailyTable } from './daily-table.tsx';
import { UsageChart } from './usage-chart.tsx';
import { UsageTable } from './usage-table.tsx';
import { usageTexts } from './usage-texts.ts';
import * as views from './usage-view.ts';

/** What was asked of the models: the view stands in the URL. */
export function UsagePage() {
  const t = useRouteTexts(usageTexts);
  const profile = useProfile();
  useNeedsLogin();
  return (
    <Page title={t('title')} lead={t(profile?.role === 'administrator' ? 'leadAll' : 'leadOwn')}>
      {profile ? <Usage profile={profile} /> : <Skeleton />}
    </Page>
  );
}

function Usage({ profile }: { profile: Profile }) {
  const t = useRouteTexts(usageTexts);
  const { t: say, locale } = useWords();
  const view = views.viewOf(useSearch({ strict: false }));
  const zone = profile.quota.time_zone;
  const days = views.daysOf(view.range, zone, useNow());
  const query = useQuery({
    ...views.usageQuery(days, view.group, view.group === 'day' ? undefined : view.metric),
    placeholderData: keepPreviousData,
  });
  const report = query.data;
  // Of the days before, only the sum is looked at.
  const before = useQuery(views.usageQuery(views.daysBefore(days), 'day')).data?.total;
  const name = (row: Pick<UsageRow, 'group'>) => row.group ?? t(`none.${view.group}`);
  const download = () => saveFile(views.usagePath(days, view.group, 'csv'), `usage-${days[0]}-${days.at(-1)}.csv`, say);
  return (
    <>
      <Controls view={view} administrator={profile.role === 'administrator'} onDownload={() => void download()} />
      {query.isError && !report && (
        <ErrorNotice action={<Button onClick={() => void query.refetch()}>{say('action.tryAgain')}</Button>}>
          {t('failedLoad')}
        </ErrorNotice>
      )}
      {query.isPending && <Skeleton />}
      {report && <Notices report={report} />}
      {report && report.results.length === 0 && <EmptyState icon={ChartColumn} title={t('empty')} />}
      {report && report.results.length > 0 && (
        <div className={query.isPlaceholderData ? 'opacity-60' : ''}>
          <Totals total={report.total} before={before} days={days.length} locale={locale} />
          <Chart report={report} view={view} days={days} name={name} />
          <UsageTable report={report} group={report.group_by as views.Group} name={name} />
          <Notes report={report} zone={zone} today={days.at(-1)!} />
        </div>
      )}
    </>
  );
}

interface ControlsProps {
  view: views.UsageView;
  administrator: boolean;
  onDownload: () => void;
}

function Controls({ view, administrator, onDownload }: ControlsProps) {
  const t = useRouteTexts(usageTexts);
  const navigate = useNavigate();
  const show = (change: Partial<views.UsageView>) =>
    void navigate({ to: '/usage', search: { ...view, ...change }, replace: true });
  const groups = views.groups.filter((group) => group !== 'user' || administrator);
  return (
    <div className="mb-6 flex flex-wrap items-center gap-2">
      <Select
        label={t('range')}
        value={view.range}
        options={views.ranges.map((value) => ({ value, label: t(`range.${value}`) }))}
        onChange={(range) => show({ range: range as views.UsageView['range'] })}
      />
      <Select
        label={t('metric')}
        value={view.metric}
        options={views.metrics.map((value) => ({ value, label: t(`metric.${value}`) }))}
        onChange={(metric) => show({ metric: metric as views.Metric })}
      />
      <Select
        label={t('group')}
        value={view.group}
        options={groups.map((value) => ({ value, label: t(`group.${value}`) }))}
        onChange={(group) => show({ group: group as views.Group })}
      />
      <Button look="quiet" className="ml-auto" onClick={onDownload}>
        <Download aria-hidden className="size-4 text-soft" />
        {t('csv')}
      </Button>
    </div>
  );
}

interface TotalsProps {
  total: views.Report['total'];
  /** The sum of as many days before; undefined while it is not known. */
  before: views.Report['total'] | undefined;
  days: number;
  locale: string;
}

function Totals({ total, before, days, locale }: TotalsProps) {
  const t = useRouteTexts(usageTexts);
  const compared = t(days === 1 ? 'sinceYesterday' : 'sincePeriod', { n: days });
  return (
    <dl className="mb-6 grid grid-cols-1 gap-px min-[420px]:grid-cols-3 overflow-hidden rounded-lg border border-line bg-line">
      {views.metrics.map((metric) => {
        const value = views.valueOf(total, metric);
        const change = before && views.sayChange(value, views.valueOf(before, metric), locale);
        return (
          <div key={metric} className="flex items-baseline justify-between gap-3 bg-raised px-4 py-3 min-[420px]:block">
            <dt className="text-xs text-soft">{t(`metric.${metric}`)}</dt>
            <dd className="mt-0.5 text-right text-base font-medium tabular-nums [overflow-wrap:anywhere] min-[420px]:text-left md:text-lg">
              {views.sayValue(value, metric, locale)}
              <span className="block text-xs font-normal text-soft" data-change={metric}>
                {compared} {change ?? '–'}
              </span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

interface UsageChartProps {
  report: views.Report;
  view: views.UsageView;
  days: string[];
  name: (row: Pick<UsageRow, 'group'>) => string;
}

function Chart({ report, view, days, name }: UsageChartProps) {
  const t = useRouteTexts(usageTexts);
  const { locale } = useWords();
  // While the next report is on its way, the last one is shown by its own grouping.
  const group = report.group_by as views.Group;
  const { metric } = view;
  const words = { others: t('other'), all: t(`metric.${metric}`) };
  const series = views.seriesOf(report, { ...view, group }, days, name, words);
  const stacked = group !== 'day';
  const label = t(stacked ? 'stackedChart' : 'chart', { metric: words.all, group: t(`group.${group}`) });
  return (
    <div className="mb-6 rounded-lg border border-line bg-raised p-4" data-chart>
      <UsageChart days={days} series={series} metric={metric} locale={locale} label={label} />
      {stacked && <DailyTable days={days} series={series} metric={metric} />}
    </div>
  );
}

function Notes({ report, zone, today }: { report: views.Report; zone: string; today: string }) {
  const t = useRouteTexts(usageTexts);
  const { estimated, unpriced } = report.total;
  return (
    <div className="mt-4 space-y-1 text-xs text-soft">
      <p>
        {t('zone', { zone })} {t('today', { day: today.slice(5) })}
      </p>
      {estimated > 0 && <p>{t('estimated', { n: estimated })}</p>}
      {unpriced > 0 && <p>{t('unpriced', { n: unpriced })}</p>}
    </div>
  );
}

/** Budgets of which most is spent. */
function Notices({ report }: { report: views.Report }) {
  const t = useRouteTexts(usageTexts);
  if (report.notices.length === 0) return null;
  return (
    <ul className="mb-6 space-y-2">
      {report.notices.map(({ key_id, month, percent, limit_usd }) => (
        <li key={`${key_id}-${month}-${percent}`} className="flex items-center gap-3 rounded-md bg-glow px-4 py-2.5">
          <TriangleAlert aria-hidden className="size-4 shrink-0 text-amber" />
          {t('notice', { month, limit: limit_usd, percent })}
        </li>
      ))}
    </ul>
  );
}

function Skeleton() {
  return <div aria-hidden className="skeleton h-96 animate-late" />;
}
