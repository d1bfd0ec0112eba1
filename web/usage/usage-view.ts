import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type { usageReport, UsageRow } from '#contracts/usage.ts';
import { call } from '../lib/api-client.ts';
import { dayOf } from '../lib/dates.ts';

export const ranges = ['1', '7', '30', '90'] as const;
export const metrics = ['requests', 'tokens', 'cost'] as const;
export const groups = ['day', 'model', 'key', 'bot', 'user'] as const;
export type Metric = (typeof metrics)[number];
export type Group = (typeof groups)[number];

export interface UsageView {
  range: (typeof ranges)[number];
  metric: Metric;
  group: Group;
}

/** The view that a URL asks for. */
export function viewOf(search: Record<string, unknown>): UsageView {
  return {
    range: ranges.find((one) => one === search.range) ?? '30',
    metric: metrics.find((one) => one === search.metric) ?? 'requests',
    group: groups.find((one) => one === search.group) ?? 'model',
  };
}

const DAY_MS = 86_400_000;

/** The days of a range, the last one today in the zone of the quota. */
export function daysOf(range: UsageView['range'], timeZone: string, now: number): string[] {
  return daysUntil(Date.parse(dayOf(now, timeZone)), Number(range));
}

/** As many days as these, right before them. */
export const daysBefore = (days: string[]): string[] => daysUntil(Date.parse(days[0]!) - DAY_MS, days.length);

const daysUntil = (last: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => new Date(last - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10));

export type Report = z.infer<typeof usageReport>;

export const usagePath = (days: string[], group: Group, format?: 'csv') =>
  `/usage?${new URLSearchParams({ from: days[0]!, to: days.at(-1)!, group_by: group, ...(format ? { format } : {}) })}`;

/** `topBy`: with the days of the groups that have the most of it. */
export function usageQuery(days: string[], group: Group, topBy?: Metric) {
  return queryOptions({
    queryKey: ['usage', days[0], days.at(-1), group, topBy],
    queryFn: ({ signal }) => call<Report>(usagePath(days, group) + (topBy ? `&top_by=${topBy}` : ''), { signal }),
  });
}

/** The number of a row that is looked at; null where nobody knows the price. */
export function valueOf(row: Omit<UsageRow, 'group' | 'id'>, metric: Metric): number | null {
  if (metric === 'requests') return row.requests;
  if (metric === 'cost') return row.cost_usd;
  return row.prompt_tokens + row.completion_tokens;
}

/** "12,345" or "US$0.0123"; a price that nobody knows is "–". */
export function sayValue(value: number | null, metric: Metric, locale: string): string {
  if (value === null) return '–';
  if (metric !== 'cost') return value.toLocaleString(locale);
  const digits = value === 0 || value >= 1 ? 2 : value < 0.01 ? 6 : 4;
  return `US$${value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** "+12%" against the value before; undefined where there is nothing to compare with. */
export function sayChange(value: number | null, before: number | null, locale: string): string | undefined {
  if (value === null || !before) return undefined;
  const style = { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' } as const;
  return new Intl.NumberFormat(locale, style).format(value / before - 1);
}

/** What one group used on each day of the range. */
export interface Series {
  key: string;
  label: string;
  /** All that is too small for a series of its own. */
  others: boolean;
  total: number | null;
  /** One a day; null where nobody knows the price. */
  values: (number | null)[];
}

/** By days there is one series; by groups those that the server has chosen, the largest first. */
export function seriesOf(
  report: Report,
  { metric, group }: UsageView,
  days: string[],
  name: (row: Pick<UsageRow, 'group'>) => string,
  words: { others: string; all: string },
): Series[] {
  if (group === 'day' || !report.series) {
    const byDay = new Map(report.results.map((row) => [row.group, row]));
    const values = days.map((day) => (byDay.has(day) ? valueOf(byDay.get(day)!, metric) : 0));
    return [{ key: 'all', label: words.all, others: false, total: valueOf(report.total, metric), values }];
  }
  return report.series.map((one, index) => {
    const byDay = new Map(one.days.map((each) => [each.day, each[metric === 'cost' ? 'cost_usd' : metric]]));
    const known = [...byDay.values()].filter((value) => value !== null);
    return {
      key: `${index}`,
      label: one.others ? words.others : name(one),
      others: one.others,
      total: known.length === 0 && byDay.size > 0 ? null : known.reduce((sum, value) => sum + value, 0),
      values: days.map((day) => (byDay.has(day) ? byDay.get(day)! : 0)),
    };
  });
}
