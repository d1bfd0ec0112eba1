import { z } from 'zod';
import { link, pageOf } from './lists.ts';
import { freeText, givenInstant, instant, nameText, rowId } from './text.ts';

/** Dollars, to the nano-dollar. */
const dollars = z.number().min(0).max(1_000_000);

const future = givenInstant.refine((value) => Date.parse(value) > Date.now(), {
  error: 'takes an instant in the future',
});

const limits = {
  models: z.array(freeText.min(1).max(200)).min(1).max(200).nullable(),
  daily_requests: z.int().min(0).max(1_000_000_000).nullable(),
  tokens_per_minute: z.int().min(1).max(1_000_000_000_000).nullable(),
  monthly_budget_usd: dollars.nullable(),
  expires_at: future.nullable(),
  /** Whether equal, deterministic requests are answered from earlier answers: of this user, or of every user. */
  response_cache: z.enum(['off', 'own', 'shared']),
};

export const keyBody = z.object({ name: nameText(1, 80), ...limits }).partial();
export type KeyBody = z.infer<typeof keyBody>;

export const apiKey = z
  .object({
    id: rowId,
    name: z.string(),
    /** What is shown of the key: its beginning and its last four characters. */
    shown: z.string(),
    models: z.array(z.string()).nullable(),
    daily_requests: z.int().nullable(),
    tokens_per_minute: z.int().nullable(),
    monthly_budget_usd: z.number().nullable(),
    spent_usd: z.number().meta({ description: 'This month, where a budget is set' }).nullable(),
    expires_at: instant.nullable(),
    response_cache: limits.response_cache,
    created_at: instant,
    last_used_at: instant.nullable(),
    links: z.array(link),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKey>;

/** The whole key is shown here and never again. */
export const newApiKey = apiKey.extend({ key: z.string() }).meta({ id: 'NewApiKey' });

export const apiKeyPage = pageOf(apiKey).meta({ id: 'ApiKeyPage' });
