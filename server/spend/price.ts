import { nothingConsumed, type Consumption } from './consumption.ts';
import { findPrices, type PriceRow } from './price-list.ts';
import type { UnitPrices } from './price-overrides.ts';

export interface Price {
  /** Nano-dollars; null: unknown. */
  cost: number | null;
  version: string | null;
}

/** A part of what was used, with the names under which its price may stand, the nearest one first. */
type Part = [amount: number, per: number, ...names: string[]];

const MILLION = 1e6;

/** Tokens are billed once, by their most special price; the totals lose what their parts were billed for. */
function partsOf(used: Consumption): Part[] {
  const audio = used.inputAudioTokens - used.cachedAudioTokens;
  const image = used.inputImageTokens - used.cachedImageTokens;
  const cachedText = used.cachedTokens - used.cachedAudioTokens - used.cachedImageTokens;
  const text = used.inputTokens - used.cachedTokens - used.cacheWriteTokens - audio - image;
  const said = used.outputTokens - used.reasoningTokens - used.outputAudioTokens - used.outputImageTokens;
  return [
    [text, MILLION, 'input_mtok'],
    [cachedText, MILLION, 'cache_read_mtok', 'input_mtok'],
    [used.cacheWriteTokens, MILLION, 'cache_write_mtok', 'input_mtok'],
    [audio, MILLION, 'input_audio_mtok'],
    [used.cachedAudioTokens, MILLION, 'cache_audio_read_mtok', 'input_audio_mtok'],
    // Chat models bill what they see as text.
    [image, MILLION, 'input_image_mtok', 'input_mtok'],
    [used.cachedImageTokens, MILLION, 'cache_image_read_mtok', 'cache_read_mtok', 'input_mtok'],
    [said, MILLION, 'output_mtok'],
    [used.reasoningTokens, MILLION, 'output_reasoning_mtok', 'output_mtok'],
    [used.outputAudioTokens, MILLION, 'output_audio_mtok'],
    [used.outputImageTokens, MILLION, 'output_image_mtok', 'output_mtok'],
    [used.seconds, 3_600, 'input_audio_hours', 'audio_hours'],
    [used.characters, MILLION, 'character_mchar'],
    [used.webSearches, 1_000, 'web_searches_kcount'],
  ];
}

/** Past a tier's start the whole request has its price, not only the tokens above. */
function priceAt(prices: UnitPrices, name: string, inputTokens: number): number | undefined {
  const price = prices[name];
  if (price === undefined || typeof price === 'number') return price;
  let reached = price.base;
  let from = -1;
  for (const tier of price.tiers) {
    if (inputTokens > tier.start && tier.start > from) {
      reached = tier.price;
      from = tier.start;
    }
  }
  return reached;
}

/** Nano-dollars by a row of prices; null where something was used that has no price. */
export function costOf(row: PriceRow, used: Partial<Consumption>): number | null {
  const consumption = { ...nothingConsumed, ...used };
  const free = Object.values(row.prices).every((price) => price === 0);
  if (free && Object.keys(row.prices).length > 0) return 0;
  let dollarsPerMillion = 0;
  for (const [amount, per, ...names] of partsOf(consumption)) {
    if (amount <= 0) continue;
    const name = names.find((known) => row.prices[known] !== undefined);
    if (name === undefined) return null;
    dollarsPerMillion += amount * priceAt(row.prices, name, consumption.inputTokens)! * (MILLION / per);
  }
  return Math.round(dollarsPerMillion * 1_000);
}

/** The most that a call can cost where any of these lists may price it; null where one of them does not. */
export function highestCost(
  lists: string[],
  model: string,
  used: Partial<Consumption>,
  at: number,
  tier?: string,
): number | null {
  const costs = lists.map((list) => priceOf(list, model, used, at, tier).cost);
  return costs.includes(null) ? null : Math.max(...costs.map((cost) => cost ?? 0));
}

/** What a call cost, by the prices of its list at that instant; `tier` is the answer's `service_tier`. */
export function priceOf(list: string, model: string, used: Partial<Consumption>, at: number, tier?: string): Price {
  const row = findPrices(list, model, at, tier);
  return row ? { cost: costOf(row, used), version: row.version } : { cost: null, version: null };
}
