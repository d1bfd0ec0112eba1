import { z } from 'zod';

const day = z.iso.date();

export const usageQuery = z.object({
  /** The first and the last day, in the server's quota time zone; this month by default. */
  from: day.optional(),
  to: day.optional(),
  group_by: z.enum(['day', 'model', 'key', 'bot', 'user']).default('day'),
  /** Adds, day by day, the seven groups with the most of this, and the others together. */
  top_by: z.enum(['requests', 'tokens', 'cost']).optional(),
  format: z.enum(['json', 'csv']).default('json'),
});

export const usageRow = z.object({
  /** The day, the model, or the name of the key, bot or user; null where a row has none. */
  group: z.string().nullable(),
  id: z.int().nullable().meta({ description: 'Of the key or user' }),
  requests: z.int(),
  failed: z.int().meta({ description: 'Given back: no answer came' }),
  prompt_tokens: z.int(),
  cached_tokens: z.int().meta({ description: 'Part of prompt_tokens that the provider had cached' }),
  completion_tokens: z.int(),
  reasoning_tokens: z.int(),
  estimated: z.int().meta({ description: 'Requests whose tokens are an estimate' }),
  from_cache: z.int().meta({ description: 'Requests answered from the response cache' }),
  unpriced: z.int().meta({ description: 'Requests whose price nobody knows' }),
  cost_usd: z.number().nullable().meta({ description: 'null where nothing of it has a known price' }),
});
export type UsageRow = z.infer<typeof usageRow>;

/** What a group used on each of its days, for a chart. */
export const usageSeries = z.object({
  /** As in the results; of the others together null, too. */
  group: z.string().nullable(),
  id: z.int().nullable(),
  others: z.boolean(),
  days: z.array(z.object({ day, requests: z.int(), tokens: z.int(), cost_usd: z.number().nullable() })),
});
export type UsageSeries = z.infer<typeof usageSeries>;

export const usageReport = z
  .object({
    from: day,
    to: day,
    group_by: z.string(),
    results: z.array(usageRow),
    total: usageRow.omit({ group: true, id: true }),
    series: z.array(usageSeries).optional(),
    notices: z.array(
      z.object({
        key_id: z.int().nullable(),
        month: z.string(),
        percent: z.int(),
        limit_usd: z.number(),
        created_at: z.string(),
      }),
    ),
  })
  .meta({ id: 'UsageReport' });
