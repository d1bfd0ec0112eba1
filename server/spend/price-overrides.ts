export type UnitPrice = number | { base: number; tiers: { start: number; price: number }[] };

/** Dollars: a million of a token, an hour of audio, a thousand of a call. */
export type UnitPrices = Record<string, UnitPrice>;

interface Override {
  list: string;
  model: RegExp;
  /** The `service_tier` it holds for; left out: the usual one. */
  tier?: string;
  /** The first day it is true, UTC. */
  from: string;
  prices: UnitPrices;
  source: string;
  /** The day somebody compared it with its source. */
  checked: string;
}

export const OVERRIDES_VERSION = 'daesa@2026-11-21';
const pricing = 'https://developers.openai.com/api/docs/pricing';
const checked = '2026-11-21';

const priorityPage = 'https://openai.com/api-priority-processing/';
/** Dollars a million tokens of input, cached input and output for `service_tier: "priority"`, short contexts only. */
const priority: readonly [model: RegExp, input: number, cached: number | null, output: number][] = [
  [dated('gpt-5\\.5'), 12.5, 1.25, 75],
  [dated('gpt-5\\.4-mini'), 1.5, 0.15, 9],
  [dated('gpt-5\\.4'), 5, 0.5, 30],
  [dated('gpt-5\\.2'), 3.5, 0.35, 28],
  [dated('gpt-5\\.1'), 2.5, 0.25, 20],
  [dated('gpt-5'), 2.5, 0.25, 20],
  [dated('gpt-5-mini'), 0.45, 0.045, 3.6],
  [dated('gpt-5\\.1-codex'), 2.5, 0.25, 20],
  [dated('gpt-5-codex'), 2.5, 0.25, 20],
  [dated('gpt-4\\.1'), 3.5, 0.875, 14],
  [dated('gpt-4\\.1-mini'), 0.7, 0.175, 2.8],
  [dated('gpt-4\\.1-nano'), 0.2, 0.05, 0.8],
  [/^gpt-4o-2024-05-13$/, 8.75, null, 26.25],
  [dated('gpt-4o'), 4.25, 2.125, 17],
  [dated('gpt-4o-mini'), 0.25, 0.125, 1],
  [dated('o3'), 3.5, 0.875, 14],
  [dated('o4-mini'), 2, 0.5, 8],
];

/** A model by its name or that of one of its versions, `gpt-5-2025-08-07`. */
function dated(name: string): RegExp {
  return new RegExp(`^${name}(-\\d{4}-\\d\\d-\\d\\d)?$`);
}

function priorityRow([model, input, cached, output]: (typeof priority)[number]): Override {
  // A search costs the same at any tier.
  const prices: UnitPrices = { input_mtok: input, output_mtok: output, web_searches_kcount: 10 };
  if (cached !== null) prices.cache_read_mtok = cached;
  return { list: 'openai', model, tier: 'priority', from: checked, prices, source: priorityPage, checked };
}

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
  ...priority.map(priorityRow),
];
