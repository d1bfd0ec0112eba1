import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { readUsage } from '../gateway/read-usage.ts';
import { findPriceFaults } from './check-prices.ts';
import { costOf, priceOf } from './price.ts';
import { FREE, LIBRARY_VERSION, priceListOf } from './price-list.ts';
import { overrides } from './price-overrides.ts';

/**
 * Computed by hand from the providers' price pages: each unit by its own price (dollars a million tokens),
 * in nano-dollars. null: something was used that has no price.
 */
const sheet: [model: string, usage: object, nano: number | null, day?: string][] = [
  ['gpt-4o-mini', { prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 }, 10_500],
  ['gpt-4o-mini', { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 }, 150],
  ['gpt-4o-mini', { prompt_tokens: 0, completion_tokens: 1, total_tokens: 1 }, 600],
  [
    'gpt-4o-mini',
    { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500, prompt_tokens_details: { cached_tokens: 900 } },
    382_500,
  ],
  ['gpt-4o-mini', { prompt_tokens: 128000, completion_tokens: 16384, total_tokens: 144384 }, 29_030_400],
  ['gpt-4o', { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 }, 12_500_000],
  [
    'gpt-4o',
    { prompt_tokens: 2048, completion_tokens: 300, total_tokens: 2348, prompt_tokens_details: { cached_tokens: 1920 } },
    5_720_000,
  ],
  ['gpt-4o', { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }, 47_500],
  [
    'gpt-4o-2024-05-13',
    { prompt_tokens: 1000, completion_tokens: 10, total_tokens: 1010, prompt_tokens_details: { cached_tokens: 512 } },
    5_150_000,
  ],
  [
    'gpt-4.1',
    {
      prompt_tokens: 10000,
      completion_tokens: 2000,
      total_tokens: 12000,
      prompt_tokens_details: { cached_tokens: 4096 },
    },
    29_856_000,
  ],
  ['gpt-4.1-mini', { prompt_tokens: 333, completion_tokens: 77, total_tokens: 410 }, 256_400],
  [
    'gpt-4.1-nano',
    {
      prompt_tokens: 1000001,
      completion_tokens: 1,
      total_tokens: 1000002,
      prompt_tokens_details: { cached_tokens: 1000000 },
    },
    25_000_500,
  ],
  [
    'gpt-5',
    {
      prompt_tokens: 1500,
      completion_tokens: 2300,
      total_tokens: 3800,
      completion_tokens_details: { reasoning_tokens: 2048 },
    },
    24_875_000,
  ],
  [
    'gpt-5',
    {
      prompt_tokens: 1500,
      completion_tokens: 2300,
      total_tokens: 3800,
      prompt_tokens_details: { cached_tokens: 1408 },
      completion_tokens_details: { reasoning_tokens: 2300 },
    },
    23_291_000,
  ],
  [
    'gpt-5-mini',
    {
      prompt_tokens: 99,
      completion_tokens: 999,
      total_tokens: 1098,
      completion_tokens_details: { reasoning_tokens: 640 },
    },
    2_022_750,
  ],
  ['gpt-5-mini', { prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 }, 32_500],
  [
    'gpt-5-nano',
    {
      prompt_tokens: 12345,
      completion_tokens: 678,
      total_tokens: 13023,
      prompt_tokens_details: { cached_tokens: 11904 },
    },
    352_770,
  ],
  [
    'gpt-5-pro',
    {
      prompt_tokens: 5000,
      completion_tokens: 20000,
      total_tokens: 25000,
      completion_tokens_details: { reasoning_tokens: 19000 },
    },
    2_475_000_000,
  ],
  ['gpt-5.4', { prompt_tokens: 271999, completion_tokens: 100, total_tokens: 272099 }, 681_497_500],
  ['gpt-5.4', { prompt_tokens: 272000, completion_tokens: 100, total_tokens: 272100 }, 1_362_250_000],
  [
    'gpt-5.4',
    {
      prompt_tokens: 300000,
      completion_tokens: 1000,
      total_tokens: 301000,
      prompt_tokens_details: { cached_tokens: 250000 },
    },
    397_500_000,
  ],
  [
    'gpt-5.4',
    {
      prompt_tokens: 200000,
      completion_tokens: 1000,
      total_tokens: 201000,
      prompt_tokens_details: { cached_tokens: 150000 },
    },
    177_500_000,
  ],
  [
    'gpt-5.5',
    {
      prompt_tokens: 1000,
      completion_tokens: 1000,
      total_tokens: 2000,
      completion_tokens_details: { reasoning_tokens: 500 },
    },
    35_000_000,
  ],
  [
    'gpt-5.5',
    {
      prompt_tokens: 900000,
      completion_tokens: 5000,
      total_tokens: 905000,
      prompt_tokens_details: { cached_tokens: 1 },
    },
    9_224_991_000,
  ],
  ['gpt-6-luna', { prompt_tokens: 2000, completion_tokens: 400, total_tokens: 2400 }, 400_000],
  [
    'gpt-6-luna',
    {
      prompt_tokens: 2000,
      completion_tokens: 400,
      total_tokens: 2400,
      prompt_tokens_details: { cached_tokens: 1024, cache_write_tokens: 900 },
    },
    330_340,
  ],
  ['gpt-6-luna', { prompt_tokens: 272000, completion_tokens: 10, total_tokens: 272010 }, 27_205_000],
  ['gpt-6-luna', { prompt_tokens: 272001, completion_tokens: 10, total_tokens: 272011 }, 54_407_700],
  [
    'gpt-6-luna',
    {
      prompt_tokens: 500000,
      completion_tokens: 10,
      total_tokens: 500010,
      prompt_tokens_details: { cached_tokens: 100000, cache_write_tokens: 100000 },
    },
    87_007_500,
  ],
  [
    'gpt-6-sol',
    {
      prompt_tokens: 4321,
      completion_tokens: 1234,
      total_tokens: 5555,
      prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 3000 },
      completion_tokens_details: { reasoning_tokens: 1000 },
    },
    20_682_000,
  ],
  ['gpt-6-astra', { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }, 60_000],
  [
    'gpt-6-astra',
    {
      prompt_tokens: 100,
      completion_tokens: 100,
      total_tokens: 200,
      prompt_tokens_details: { cache_write_tokens: 100 },
    },
    6_250_000,
  ],
  [
    'o1',
    {
      prompt_tokens: 1000,
      completion_tokens: 5000,
      total_tokens: 6000,
      prompt_tokens_details: { cached_tokens: 512 },
      completion_tokens_details: { reasoning_tokens: 4800 },
    },
    311_160_000,
  ],
  [
    'o3',
    {
      prompt_tokens: 1000,
      completion_tokens: 5000,
      total_tokens: 6000,
      completion_tokens_details: { reasoning_tokens: 4000 },
    },
    42_000_000,
  ],
  [
    'o3',
    {
      prompt_tokens: 1000,
      completion_tokens: 5000,
      total_tokens: 6000,
      completion_tokens_details: { reasoning_tokens: 4000 },
    },
    210_000_000,
    '2025-05-01',
  ],
  [
    'o3-mini',
    {
      prompt_tokens: 640,
      completion_tokens: 640,
      total_tokens: 1280,
      prompt_tokens_details: { cached_tokens: 640 },
      completion_tokens_details: { reasoning_tokens: 640 },
    },
    3_168_000,
  ],
  [
    'o4-mini',
    { prompt_tokens: 3, completion_tokens: 7, total_tokens: 10, prompt_tokens_details: { cached_tokens: 2 } },
    32_450,
  ],
  ['gpt-4', { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 }, 6_000_000],
  [
    'gpt-4',
    { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150, prompt_tokens_details: { cached_tokens: 64 } },
    6_000_000,
  ],
  ['gpt-3.5-turbo', { prompt_tokens: 4096, completion_tokens: 4096, total_tokens: 8192 }, 8_192_000],
  [
    'gpt-audio',
    {
      prompt_tokens: 500,
      completion_tokens: 700,
      total_tokens: 1200,
      prompt_tokens_details: { audio_tokens: 400 },
      completion_tokens_details: { audio_tokens: 600 },
    },
    52_450_000,
  ],
  ['gpt-audio', { prompt_tokens: 500, completion_tokens: 700, total_tokens: 1200 }, 8_250_000],
  [
    'gpt-4o-audio-preview',
    {
      prompt_tokens: 320,
      completion_tokens: 210,
      total_tokens: 530,
      prompt_tokens_details: { audio_tokens: 300 },
      completion_tokens_details: { audio_tokens: 180 },
    },
    26_750_000,
  ],
  ['gpt-4o-audio-preview', { prompt_tokens: 320, completion_tokens: 210, total_tokens: 530 }, 2_900_000],
  ['text-embedding-3-small', { prompt_tokens: 8191, total_tokens: 8191 }, 163_820],
  ['text-embedding-3-small', { prompt_tokens: 1, total_tokens: 1 }, 20],
  ['text-embedding-3-large', { prompt_tokens: 100, total_tokens: 100 }, 13_000],
  [
    'gpt-5',
    {
      input_tokens: 1000,
      output_tokens: 200,
      total_tokens: 1200,
      input_tokens_details: { cached_tokens: 900 },
      output_tokens_details: { reasoning_tokens: 128 },
    },
    2_237_500,
  ],
  ['gpt-5-mini', { input_tokens: 36, output_tokens: 87, total_tokens: 123 }, 183_000],
  [
    'o4-mini',
    { input_tokens: 75, output_tokens: 1186, total_tokens: 1261, output_tokens_details: { reasoning_tokens: 1024 } },
    5_300_900,
  ],
  ['gpt-4.1', { input_tokens: 328, output_tokens: 52, total_tokens: 380 }, 1_072_000],
  [
    'gpt-6-luna',
    { input_tokens: 280000, output_tokens: 1, total_tokens: 280001, input_tokens_details: { cached_tokens: 279000 } },
    5_780_750,
  ],
  [
    'gpt-5.4',
    { input_tokens: 5, output_tokens: 5, total_tokens: 10, input_tokens_details: { cached_tokens: 5 } },
    76_250,
  ],
  [
    'gpt-realtime',
    {
      input_tokens: 1000,
      output_tokens: 500,
      total_tokens: 1500,
      input_tokens_details: { audio_tokens: 800 },
      output_tokens_details: { audio_tokens: 400 },
    },
    53_600_000,
  ],
  [
    'gpt-realtime',
    {
      input_tokens: 1000,
      output_tokens: 500,
      total_tokens: 1500,
      input_tokens_details: { cached_tokens: 600, audio_tokens: 800, cached_tokens_details: { audio_tokens: 500 } },
      output_tokens_details: { audio_tokens: 400 },
    },
    37_440_000,
  ],
  [
    'gpt-realtime-mini',
    {
      input_tokens: 300,
      output_tokens: 200,
      total_tokens: 500,
      input_tokens_details: { cached_tokens: 100, image_tokens: 150, cached_tokens_details: { image_tokens: 80 } },
      output_tokens_details: { audio_tokens: 150 },
    },
    3_261_600,
  ],
  ['gpt-image-1', { input_tokens: 50, output_tokens: 4160, total_tokens: 4210 }, 166_650_000],
  [
    'gpt-image-1',
    { input_tokens: 1050, output_tokens: 1056, total_tokens: 2106, input_tokens_details: { image_tokens: 1000 } },
    52_490_000,
  ],
  [
    'gpt-image-1.5',
    { input_tokens: 60, output_tokens: 4300, total_tokens: 4360, output_tokens_details: { image_tokens: 4160 } },
    134_820_000,
  ],
  [
    'gpt-image-1.5',
    {
      input_tokens: 860,
      output_tokens: 4300,
      total_tokens: 5160,
      input_tokens_details: { cached_tokens: 500, image_tokens: 800, cached_tokens_details: { image_tokens: 450 } },
      output_tokens_details: { image_tokens: 4160 },
    },
    138_332_500,
  ],
  [
    'gpt-4o-transcribe',
    { input_tokens: 140, output_tokens: 45, total_tokens: 185, input_tokens_details: { audio_tokens: 130 } },
    1_255_000,
  ],
  [
    'gpt-4o-mini-transcribe',
    { input_tokens: 140, output_tokens: 45, total_tokens: 185, input_tokens_details: { audio_tokens: 140 } },
    645_000,
  ],
  ['whisper-1', { type: 'duration', seconds: 60 }, 6_000_000],
  ['whisper-1', { type: 'duration', seconds: 7 }, 700_000],
  ['gpt-transcribe', { type: 'duration', seconds: 3600 }, 270_000_000],
  ['gpt-audio-x-nobody', { prompt_tokens: 1, completion_tokens: 1 }, null],
  ['text-embedding-3-small', { prompt_tokens: 1, completion_tokens: 5 }, null],
  ['gpt-4o-mini', { prompt_tokens: 9, completion_tokens: 5, prompt_tokens_details: { audio_tokens: 4 } }, null],
  ['gpt-4o-mini', { type: 'duration', seconds: 4 }, null],
];

test('the sheet has at least sixty usage objects', () => {
  expect(sheet.length).toBeGreaterThanOrEqual(60);
});

describe('a usage object costs what the sheet says', () => {
  test.for(sheet)('%s %o', ([model, usage, nano, day = '2026-11-21']) => {
    const used = readUsage(usage)!;
    const consumption = {
      ...used.more,
      inputTokens: used.promptTokens,
      cachedTokens: used.cachedTokens,
      outputTokens: used.completionTokens,
    };
    expect(priceOf('openai', model, consumption, Date.parse(day)).cost).toBe(nano);
  });
});

const tenThousand = {
  prompt_tokens: 10_000,
  completion_tokens: 1_000,
  prompt_tokens_details: { cached_tokens: 4_000 },
};

/** Likewise, for answers that name their `service_tier`: 6,000 tokens of input, 4,000 cached ones, 1,000 of output. */
const tiers: [model: string, tier: string, nano: number | null][] = [
  ['gpt-5.5', 'priority', 75_000_000 + 5_000_000 + 75_000_000],
  ['gpt-5.4', 'priority', 30_000_000 + 2_000_000 + 30_000_000],
  ['gpt-5.4-mini', 'priority', 9_000_000 + 600_000 + 9_000_000],
  ['gpt-5.2', 'priority', 21_000_000 + 1_400_000 + 28_000_000],
  ['gpt-5.1', 'priority', 15_000_000 + 1_000_000 + 20_000_000],
  ['gpt-5.1-codex', 'priority', 15_000_000 + 1_000_000 + 20_000_000],
  ['gpt-5-2025-08-07', 'priority', 15_000_000 + 1_000_000 + 20_000_000],
  ['gpt-5-mini', 'priority', 2_700_000 + 180_000 + 3_600_000],
  ['gpt-4.1', 'priority', 21_000_000 + 3_500_000 + 14_000_000],
  ['gpt-4.1-mini', 'priority', 4_200_000 + 700_000 + 2_800_000],
  ['gpt-4.1-nano', 'priority', 1_200_000 + 200_000 + 800_000],
  ['gpt-4o', 'priority', 25_500_000 + 8_500_000 + 17_000_000],
  // Its cached tokens have no price of their own.
  ['gpt-4o-2024-05-13', 'priority', 87_500_000 + 26_250_000],
  ['gpt-4o-mini', 'priority', 1_500_000 + 500_000 + 1_000_000],
  ['o3', 'priority', 21_000_000 + 3_500_000 + 14_000_000],
  ['o4-mini-2025-04-16', 'priority', 12_000_000 + 2_000_000 + 8_000_000],
  ['gpt-5-nano', 'priority', null],
  ['gpt-5', 'flex', 3_750_000 + 250_000 + 5_000_000],
  ['o3', 'flex', 6_000_000 + 1_000_000 + 4_000_000],
  ['gpt-5-mini', 'batch', 750_000 + 50_000 + 1_000_000],
  ['gpt-5', 'default', 7_500_000 + 500_000 + 10_000_000],
];

test.for(tiers)('%s served as %s costs what the sheet says', ([model, tier, nano]) => {
  const { promptTokens, cachedTokens, completionTokens } = readUsage(tenThousand)!;
  const used = { inputTokens: promptTokens, cachedTokens, outputTokens: completionTokens };
  expect(priceOf('openai', model, used, Date.parse('2026-11-21'), tier).cost).toBe(nano);
});

test('a search costs the same at any tier, and what is free stays free', () => {
  const at = Date.parse('2026-11-21');
  for (const tier of ['default', 'flex', 'priority']) {
    expect(priceOf('openai', 'gpt-5', { webSearches: 2 }, at, tier).cost).toBe(20_000_000);
    expect(priceOf('openai', 'omni-moderation-latest', { inputTokens: 50 }, at, tier).cost).toBe(0);
    expect(priceOf(FREE, 'llama3.2', { inputTokens: 50 }, at, tier).cost).toBe(0);
  }
});

test('speech costs by the character, a search by the call', () => {
  expect(priceOf('openai', 'tts-1', { characters: 1_000 }, Date.now()).cost).toBe(15_000_000);
  expect(priceOf('openai', 'tts-1-hd', { characters: 1 }, Date.now()).cost).toBe(30_000);
  const searched = { inputTokens: 1_000, outputTokens: 100, webSearches: 3 };
  expect(priceOf('openai', 'gpt-5', searched, Date.now()).cost).toBe(1_250_000 + 1_000_000 + 30_000_000);
});

test('what runs here is free, moderation is free, and what nobody knows is unknown', () => {
  expect(priceOf(FREE, 'llama3.2', { inputTokens: 1e6, outputTokens: 1e6 }, Date.now())).toEqual({
    cost: 0,
    version: FREE,
  });
  expect(priceOf('openai', 'omni-moderation-latest', { inputTokens: 50 }, Date.now()).cost).toBe(0);
  expect(priceOf('openai', 'my-own-model', { inputTokens: 50 }, Date.now())).toEqual({ cost: null, version: null });
  expect(costOf({ prices: {}, version: 'x' }, { inputTokens: 1 })).toBeNull();
});

test('a provider’s address finds its list of prices', () => {
  expect(priceListOf('https://api.openai.com/v1')).toBe('openai');
  expect(priceListOf('https://api.groq.com/openai/v1')).toBe('groq');
  expect(priceListOf('http://127.0.0.1:4000/v1')).toBe('openai');
});

test('every own row is dated and names its source, and the library is the one that is installed', () => {
  for (const row of overrides) {
    expect(Date.parse(row.from)).toBeLessThanOrEqual(Date.parse(row.checked));
    expect(row.source).toMatch(/^https:\/\//);
    for (const price of Object.values(row.prices)) expect(price).toBeGreaterThanOrEqual(0);
  }
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices');
  const { version } = JSON.parse(readFileSync(`${entry.slice(0, entry.lastIndexOf('/dist/'))}/package.json`, 'utf8'));
  expect(LIBRARY_VERSION).toBe(`genai-prices@${version}`);
});

test('prices:check finds rows that nobody has compared for a quarter of a year', () => {
  expect(findPriceFaults(Date.parse('2026-11-22'))).toEqual([]);
  expect(findPriceFaults(Date.parse('2027-03-01')).length).toBeGreaterThanOrEqual(overrides.length);
});
