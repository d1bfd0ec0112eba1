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
    group: groups.find((one) => one === search.group) ?? 'day',
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

export function usageQuery(days: string[], group: Group) {
  return queryOptions({
    queryKey: ['usage', days[0], days.at(-1), group],
    queryFn: ({ signal }) => call<Report>(usagePath(days, group), { signal }),
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

export interface Bar {
  key: string;
  label: string;
  value: number | null;
}

const MOST_BARS = 7;

/** A bar for every day, also one without use; otherwise the seven largest, and the others together. */
export function barsOf(
  report: Report,
  view: UsageView,
  days: string[],
  name: (row: UsageRow) => string,
  other: string,
): Bar[] {
  const { metric, group } = view;
  if (group === 'day') {
    const byDay = new Map(report.results.map((row) => [row.group, row]));
    return days.map((day) => {
      const row = byDay.get(day);
      return { key: day, label: day, value: row ? valueOf(row, metric) : 0 };
    });
  }
  const bars = report.results
    .map((row) => ({ key: `${row.id ?? row.group}`, label: name(row), value: valueOf(row, metric) }))
    .toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const rest = bars.slice(MOST_BARS);
  if (rest.length === 0) return bars;
  const sum = rest.reduce((total, { value }) => total + (value ?? 0), 0);
  return [...bars.slice(0, MOST_BARS), { key: 'other', label: other, value: sum }];
}
