import { createRequire } from 'node:module';
import type * as GenaiPrices from '@pydantic/genai-prices';
import type { ModelPrice } from '@pydantic/genai-prices';

const require = createRequire(import.meta.url);
/** The library's data take 10 MB in each thread that asks for a price: they are loaded with the first one. */
let loaded: typeof GenaiPrices | undefined;
const library = (): typeof GenaiPrices => (loaded ??= require('@pydantic/genai-prices') as typeof GenaiPrices);

/** Dollars: a million of a token, an hour of audio, a thousand of a call. */
export type UnitPrices = Record<string, number | { base: number; tiers: { start: number; price: number }[] }>;

export interface PriceRow {
  /** Dollars of one unit, in the names of @pydantic/genai-prices; and `character_mchar`, a million characters. */
  prices: UnitPrices;
  /** Where the row comes from: kept with every entry of the ledger. */
  version: string;
}

interface Override {
  list: string;
  model: RegExp;
  /** The first day it is true, UTC. */
  from: string;
  prices: UnitPrices;
  source: string;
  /** The day somebody compared it with its source. */
  checked: string;
}

export const OVERRIDES_VERSION = 'daesa@2026-11-21';
export const LIBRARY_VERSION = 'genai-prices@0.1.8';
const pricing = 'https://developers.openai.com/api/docs/pricing';
const checked = '2026-11-21';

/** Prices that @pydantic/genai-prices lacks. The newest row whose day has come counts. */
export const overrides: readonly Override[] = [
  {
    list: 'openai',
    model: /^gpt-4o-audio-preview/,
    from: '2024-12-17',
    prices: { input_mtok: 2.5, output_mtok: 10, input_audio_mtok: 40, output_audio_mtok: 80 },
    source: pricing,
    checked,
  },
  {
    list: 'openai',
    model: /^gpt-4o-mini-audio-preview/,
    from: '2024-12-17',
    prices: { input_mtok: 0.15, output_mtok: 0.6, input_audio_mtok: 10, output_audio_mtok: 20 },
    source: pricing,
    checked,
  },
  {
    list: 'openai',
    model: /^tts-1-hd/,
    from: '2023-11-06',
    prices: { character_mchar: 30 },
    source: pricing,
    checked,
  },
  {
    list: 'openai',
    model: /^tts-1(-1106)?$/,
    from: '2023-11-06',
    prices: { character_mchar: 15 },
    source: pricing,
    checked,
  },
  {
    list: 'openai',
    model: /moderation/,
    from: '2024-09-26',
    prices: { input_mtok: 0, output_mtok: 0 },
    source: 'https://developers.openai.com/api/docs/guides/moderation',
    checked,
  },
];

/** Whose prices a provider has: those its address is known by, else OpenAI's, whose protocol it speaks. */
export function priceListOf(baseUrl: string): string {
  if (baseUrl.startsWith('https://api.openai.com/')) return 'openai';
  return library().findProvider({ providerApiUrl: baseUrl })?.id ?? 'openai';
}

/** Models that run on this machine cost nothing. */
export const FREE = 'free';

const known = new Map<string, PriceRow | null>();
const MOST_KNOWN = 2_000;

/** The prices of a model at an instant; null where nobody knows them. */
export function findPrices(list: string, model: string, at: number): PriceRow | null {
  if (list === FREE) return { prices: { input_mtok: 0, output_mtok: 0, hour: 0 }, version: FREE };
  // Some prices change with the hour of the day.
  const key = `${list} ${Math.floor(at / 3_600_000)} ${model}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const row = findOverride(list, model, at) ?? findInLibrary(list, model, at);
  known.set(key, row);
  return row;
}

function findOverride(list: string, model: string, at: number): PriceRow | undefined {
  const row = overrides
    .filter((override) => override.list === list && override.model.test(model) && Date.parse(override.from) <= at)
    .toSorted((one, other) => other.from.localeCompare(one.from))[0];
  return row && { prices: row.prices, version: OVERRIDES_VERSION };
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
