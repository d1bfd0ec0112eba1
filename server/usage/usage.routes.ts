import type { FastifyReply } from 'fastify';
import { usageQuery, usageReport, type UsageRow, type UsageSeries } from '#contracts/usage.ts';
import type { Config } from '../config.ts';
import { currentDay } from '../db/clock.ts';
import type { Database } from '../db/database.ts';
import { invalidField } from '../errors.ts';
import { answers, type App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { dollarsOf } from '../spend/money.ts';
import { toCsv } from './csv.ts';
import {
  readKeyNames,
  readNotices,
  readUsage,
  readUsageByDay,
  readUserNames,
  type UsageFilter,
  type UsageSums,
} from './usage.store.ts';

export interface UsageParts {
  config: Config;
  database: Database;
}

/** Members see what they have spent, administrators what everybody has. */
export function addUsageRoutes(app: App, parts: UsageParts): void {
  const { database } = parts;
  const schema = { tags: ['keys'], querystring: usageQuery, response: answers({ 200: usageReport }) };
  app.get('/usage', { config: { access: 'user' }, schema }, async (request, reply) => {
    const visitor = visitorOf(request);
    const { from: asked, to: until, group_by: groupBy, top_by: topBy, format } = request.query;
    const { day: today } = await currentDay(database.read, parts.config.QUOTA_TIME_ZONE);
    const to = until ?? today;
    const from = asked ?? `${to.slice(0, 7)}-01`;
    if (from > to) throw invalidField('from', 'has to be before `to`');
    const all = visitor.role === 'administrator';
    const filter = { userId: all ? null : visitor.id, from, to, groupBy };
    const sums = await readUsage(database.read, filter);
    const results = (await named(database, groupBy, sums)).map(({ sum, group, id }) => ({ group, id, ...show(sum) }));
    const total = show(addUp(sums));
    if (format === 'csv') return sendCsv(reply, groupBy, results, `usage-${from}-${to}.csv`);
    const series = topBy && (await readSeries(database, filter, sums, topBy));
    const notices = await readNotices(database.read, { userId: visitor.id, all });
    return reply.header('cache-control', 'no-store').send({
      from,
      to,
      group_by: groupBy,
      results,
      total,
      ...(series ? { series } : {}),
      notices: notices.map(({ key_id, month, percent, limit_nano, created_at }) => ({
        key_id,
        month,
        percent,
        limit_usd: dollarsOf(limit_nano),
        created_at: new Date(created_at).toISOString(),
      })),
    });
  });
}

function show(sum: UsageSums): Omit<UsageRow, 'group' | 'id'> {
  const { group: _group, cost, ...counts } = sum;
  return { ...counts, cost_usd: cost === null ? null : dollarsOf(cost) };
}

const nothing: UsageSums = {
  group: null,
  requests: 0,
  failed: 0,
  prompt_tokens: 0,
  cached_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  estimated: 0,
  from_cache: 0,
  unpriced: 0,
  cost: null,
};

function addUp(sums: UsageSums[]): UsageSums {
  const total = { ...nothing };
  for (const sum of sums) {
    for (const name of Object.keys(nothing) as (keyof UsageSums)[]) {
      const value = sum[name];
      if (name !== 'group' && typeof value === 'number') total[name] = (total[name] ?? 0) + value;
    }
  }
  return total;
}

interface Named {
  sum: UsageSums;
  group: string | null;
  id: number | null;
}

async function named(database: Database, groupBy: UsageFilter['groupBy'], sums: UsageSums[]): Promise<Named[]> {
  if (groupBy !== 'key' && groupBy !== 'user') {
    return sums.map((sum) => ({ sum, group: sum.group === null ? null : String(sum.group), id: null }));
  }
  const ids = sums.flatMap(({ group }) => (typeof group === 'number' ? [group] : []));
  const names = await (groupBy === 'key' ? readKeyNames : readUserNames)(database.read, ids);
  // An account that was deleted left a number; who it was is not known any more.
  return sums.map((sum) => {
    const id = typeof sum.group === 'number' ? sum.group : null;
    return { sum, group: id === null ? null : (names.get(id) ?? null), id };
  });
}

const MOST_SERIES = 7;

/** The largest groups day by day, and what is left of each day. */
async function readSeries(
  database: Database,
  filter: UsageFilter,
  sums: UsageSums[],
  topBy: 'requests' | 'tokens' | 'cost',
): Promise<UsageSeries[]> {
  if (sums.length === 0) return [];
  const valueOf = (sum: UsageSums) =>
    topBy === 'tokens' ? sum.prompt_tokens + sum.completion_tokens : (sum[topBy] ?? 0);
  const top = sums.toSorted((a, b) => valueOf(b) - valueOf(a)).slice(0, MOST_SERIES);
  const byPlace = Map.groupBy(
    await readUsageByDay(
      database.read,
      filter,
      top.map(({ group }) => group),
    ),
    ({ place }) => place,
  );
  const daysOf = (place: number) =>
    (byPlace.get(place) ?? []).map(({ day, requests, tokens, cost }) => ({
      day,
      requests,
      tokens,
      cost_usd: cost === null ? null : dollarsOf(cost),
    }));
  const largest = (await named(database, filter.groupBy, top)).map(({ group, id }, place) => ({
    group,
    id,
    others: false,
    days: daysOf(place),
  }));
  if (sums.length === top.length) return largest;
  return [...largest, { group: null, id: null, others: true, days: daysOf(top.length) }];
}

function sendCsv(reply: FastifyReply, groupBy: string, rows: UsageRow[], name: string) {
  const header = [groupBy, 'id', ...Object.keys(show(nothing))];
  const cells = rows.map((row) => [
    row.group,
    row.id,
    ...Object.keys(show(nothing)).map((field) => row[field as keyof UsageRow]),
  ]);
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${name}"`)
    .type('text/csv; charset=utf-8')
    .serializer(String)
    .send(toCsv(header, cells) as never);
}
