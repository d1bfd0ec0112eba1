import { createRequire } from 'node:module';
import type * as GenaiPrices from '@pydantic/genai-prices';
import type { ModelPrice } from '@pydantic/genai-prices';
import { overrides, OVERRIDES_VERSION, type UnitPrice, type UnitPrices } from './price-overrides.ts';

const require = createRequire(import.meta.url);
/** The library's data take 10 MB in each thread that asks for a price: they are loaded with the first one. */
let loaded: typeof GenaiPrices | undefined;
const library = (): typeof GenaiPrices => (loaded ??= require('@pydantic/genai-prices') as typeof GenaiPrices);

export interface PriceRow {
  /** Dollars of one unit, in the names of @pydantic/genai-prices; and `character_mchar`, a million characters. */
  prices: UnitPrices;
  /** Where the row comes from: kept with every entry of the ledger. */
  version: string;
}

export const LIBRARY_VERSION = 'genai-prices@0.1.8';

/** Whose prices a provider has: those its address is known by, else OpenAI's, whose protocol it speaks. */
export function priceListOf(baseUrl: string): string {
  if (baseUrl.startsWith('https://api.openai.com/')) return 'openai';
  return library().findProvider({ providerApiUrl: baseUrl })?.id ?? 'openai';
}

/** Models that run on this machine cost nothing. */
export const FREE = 'free';

const known = new Map<string, PriceRow | null>();
const MOST_KNOWN = 2_000;

/** Who waits pays half for tokens: https://developers.openai.com/api/docs/pricing, checked 2026-11-21. */
const halfPrice = new Set(['flex', 'batch']);
/** Who does not wait pays what each model has a price of its own for. */
const PRIORITY = 'priority';

/** The prices of a model at an instant, served as `tier` (an answer's `service_tier`); null where nobody knows them. */
export function findPrices(list: string, model: string, at: number, tier = ''): PriceRow | null {
  if (list === FREE) return { prices: { input_mtok: 0, output_mtok: 0, hour: 0 }, version: FREE };
  // Some prices change with the hour of the day.
  const key = `${list} ${tier} ${Math.floor(at / 3_600_000)} ${model}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const row = findServed(list, model, at, tier);
  known.set(key, row);
  return row;
}

function findServed(list: string, model: string, at: number, tier: string): PriceRow | null {
  const own = findOverride(list, model, at, tier === PRIORITY ? PRIORITY : undefined);
  const row = own ?? (tier === PRIORITY ? null : findInLibrary(list, model, at));
  if (row === null) return findFree(list, model, at);
  if (!halfPrice.has(tier)) return row;
  const prices = Object.entries(row.prices).map(([name, price]) => [
    name,
    name.endsWith('_mtok') ? half(price) : price,
  ]);
  return { prices: Object.fromEntries(prices) as UnitPrices, version: `${row.version}/${tier}` };
}

/** What costs nothing costs nothing at any tier. */
function findFree(list: string, model: string, at: number): PriceRow | null {
  const row = findOverride(list, model, at, undefined);
  return row && Object.values(row.prices).every((price) => price === 0) ? row : null;
}

function half(price: UnitPrice): UnitPrice {
  if (typeof price === 'number') return price / 2;
  return { base: price.base / 2, tiers: price.tiers.map((tier) => ({ ...tier, price: tier.price / 2 })) };
}

function findOverride(list: string, model: string, at: number, tier: string | undefined): PriceRow | null {
  const row = overrides
    .filter((override) => override.list === list && override.tier === tier && override.model.test(model))
    .filter((override) => Date.parse(override.from) <= at)
    .toSorted((one, other) => other.from.localeCompare(one.from))[0];
  if (!row) return null;
  return { prices: row.prices, version: tier === undefined ? OVERRIDES_VERSION : `${OVERRIDES_VERSION}/${tier}` };
}

function findInLibrary(list: string, model: string, at: number): PriceRow | null {
  // `openai/gpt-4o`, as routers name it.
  const names = [model, model.slice(model.lastIndexOf('/') + 1)];
  for (const name of new Set(names)) {
    const found = library().calcPrice({ input_tokens: 1 }, name, { providerId: list, timestamp: new Date(at) });
    const prices = found && toUnitPrices(found.model_price);
    if (prices && Object.keys(prices).length > 0) return { prices, version: LIBRARY_VERSION };
  }
  return null;
}

/** Plain data of the right shape; a value that is none of it makes the row unknown. */
function toUnitPrices(prices: ModelPrice): UnitPrices | null {
  const copy: UnitPrices = {};
  for (const [name, value] of Object.entries(prices)) {
    if (value === undefined) continue;
    if (typeof value === 'number') {
      if (!(value >= 0 && value < 1e6)) return null;
      copy[name] = value;
    } else if (typeof value.base === 'number' && Array.isArray(value.tiers)) {
      copy[name] = { base: value.base, tiers: value.tiers.map(({ start, price }) => ({ start, price })) };
    } else {
      return null;
    }
  }
  return copy;
}
