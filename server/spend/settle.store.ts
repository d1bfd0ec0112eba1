import { sql } from 'kysely';
import type { Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import { settleBudgets, type Reserved as ReservedMoney } from './budget.store.ts';
import type { Consumption } from './consumption.ts';
import { correctTokens, giveBackToKey } from './key-limits.store.ts';
import { priceOf, type Price } from './price.ts';

export interface SettleArgs {
  reservationId: number;
  /** The model that answered. */
  model: string;
  /** Whose prices it has, where that is known better than when it was reserved. */
  priceList?: string | undefined;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  estimated: boolean;
  now: number;
  /** What else was used. */
  more?: Partial<Consumption>;
  /** The `service_tier` that the answer names. */
  tier?: string;
  /** HTTP status of the answer. */
  status?: number | null;
  /** Answered from the response cache: it cost nothing. */
  fromCache?: boolean;
  /** The answer does not say what it has used, and nobody can count it. */
  unknownCost?: boolean;
  /** The answer was empty: it is paid for, yet its unit goes back. */
  returnsUnit?: boolean;
}

type OpenEntry = ReservedMoney &
  ReservedUnits & { price_list: string | null; created_at: number; reserved_tokens: number; model: string };

const openReservation = statement<{ id: number }, OpenEntry>((db, { id }) =>
  db
    .selectFrom('ledger')
    .select([
      'price_list',
      'created_at',
      'reserved_tokens',
      'reserved_cost',
      'scopes',
      'key_id',
      'day',
      'units',
      'user_id',
      'model',
    ])
    .where('id', '=', id)
    .where('state', '=', sql.lit('reserved')),
);

type Settlement = {
  id: number;
  model: string;
  priceList: string | null;
  prompt: number;
  cached: number;
  completion: number;
  cacheWrite: number;
  reasoning: number;
  details: string | null;
  cost: number | null;
  version: string | null;
  status: number | null;
  fromCache: number;
  estimated: number;
  now: number;
};

const settleEntry = statement<Settlement, { id: number }>((db, entry) =>
  db
    .updateTable('ledger')
    .set({
      state: 'settled',
      model: entry.model,
      price_list: entry.priceList,
      prompt_tokens: entry.prompt,
      cached_tokens: entry.cached,
      completion_tokens: entry.completion,
      cache_write_tokens: entry.cacheWrite,
      reasoning_tokens: entry.reasoning,
      details: entry.details,
      cost: entry.cost,
      price_version: entry.version,
      status: entry.status,
      from_cache: entry.fromCache,
      estimated: entry.estimated,
      settled_at: entry.now,
    })
    .where('id', '=', entry.id)
    .where('state', '=', sql.lit('reserved'))
    .returning('id'),
);

/** Closes a reservation whose answer counts, and prices it. False: it was closed before. */
export async function settle(trx: Trx, args: SettleArgs): Promise<boolean> {
  const entry = await openReservation.first(trx, { id: args.reservationId });
  if (!entry) return false;
  const used: Partial<Consumption> = {
    ...args.more,
    inputTokens: args.promptTokens,
    cachedTokens: args.cachedTokens,
    outputTokens: args.completionTokens,
  };
  const priceList = args.priceList ?? entry.price_list;
  const price = priceEntry({ ...entry, price_list: priceList }, args, used);
  const settled = await settleEntry.first(trx, {
    id: args.reservationId,
    model: args.model || entry.model,
    priceList,
    prompt: args.promptTokens,
    cached: args.cachedTokens,
    completion: args.completionTokens,
    cacheWrite: used.cacheWriteTokens ?? 0,
    reasoning: used.reasoningTokens ?? 0,
    details: detailsOf(args.more),
    cost: price.cost,
    version: price.version,
    status: args.status ?? null,
    fromCache: args.fromCache ? 1 : 0,
    estimated: args.estimated ? 1 : 0,
    now: args.now,
  });
  if (!settled) return false;
  // What nobody can price counts with what was set aside for it.
  await settleBudgets(trx, entry, price.cost ?? entry.reserved_cost, args.now);
  if (args.returnsUnit) await giveUnitsBack(trx, entry);
  if (entry.key_id !== null && entry.reserved_tokens > 0) {
    await correctTokens(trx, entry.key_id, args.promptTokens + args.completionTokens - entry.reserved_tokens);
  }
  return true;
}

function priceEntry(entry: OpenEntry, args: SettleArgs, used: Partial<Consumption>): Price {
  if (args.fromCache) return { cost: 0, version: null };
  if (entry.price_list === null || args.unknownCost) return { cost: null, version: null };
  const answered = priceOf(entry.price_list, args.model || entry.model, used, entry.created_at, args.tier);
  // A provider may name its models otherwise than they are asked for.
  return answered.version === null
    ? priceOf(entry.price_list, entry.model, used, entry.created_at, args.tier)
    : answered;
}

/** The units that have no column of their own, as JSON. */
function detailsOf(more: Partial<Consumption> | undefined): string | null {
  const { cacheWriteTokens: _write, reasoningTokens: _reasoning, ...rest } = more ?? {};
  const counted = Object.entries(rest).filter(([, amount]) => amount > 0);
  return counted.length > 0 ? JSON.stringify(Object.fromEntries(counted)) : null;
}

/** Closes a reservation without an answer: units and money go back to where they were taken from. False: it was closed before. */
export async function refund(
  trx: Trx,
  args: { reservationId: number; now: number; status?: number | null },
): Promise<boolean> {
  const entry = await trx
    .updateTable('ledger')
    .set({ state: 'refunded', settled_at: args.now, status: args.status ?? null, details: null })
    .where('id', '=', args.reservationId)
    .where('state', '=', 'reserved')
    .returning(['user_id', 'day', 'units', 'key_id', 'scopes', 'reserved_cost', 'reserved_tokens'])
    .executeTakeFirst();
  if (!entry) return false;
  // In the order in which `reserve` takes them, so that two calls never wait for each other.
  await settleBudgets(trx, entry, 0, args.now);
  await giveUnitsBack(trx, entry);
  if (entry.key_id !== null) await correctTokens(trx, entry.key_id, -entry.reserved_tokens);
  return true;
}

interface ReservedUnits {
  user_id: number;
  key_id: number | null;
  day: string;
  units: number;
}

async function giveUnitsBack(trx: Trx, entry: ReservedUnits): Promise<void> {
  if (entry.units === 0) return;
  await trx
    .updateTable('daily_usage')
    .set((row) => ({ used: row('used', '-', entry.units) }))
    .where('user_id', '=', entry.user_id)
    .where('day', '=', entry.day)
    .where('used', '>=', entry.units)
    .execute();
  await giveBackToKey(trx, entry);
}
