import { z } from 'zod';
import { pageOf } from './lists.ts';
import { instant } from './text.ts';
import { intakeQuestion, visibility } from './sessions.ts';

/** A bot as everybody sees it; `instructions` are there for administrators alone. */
export const bot = z
  .object({
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    instructions: z.string().optional(),
    model: z.string().nullable(),
    temperature: z.number().nullable(),
    max_tokens: z.int().nullable(),
    intake: z.array(intakeQuestion),
    default_visibility: visibility,
    reads_quotes: z.boolean(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Bot' });
export type Bot = z.infer<typeof bot>;

export const botPage = pageOf(bot).meta({ id: 'BotPage' });
