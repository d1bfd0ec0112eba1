import { z } from 'zod';
import { pageOf } from './lists.ts';
import { intakeQuestion, visibility } from './sessions.ts';
import { freeText, instant, longText, nameText, rowId } from './text.ts';

/** A bot as everybody sees it; `instructions` are there for administrators alone. */
export const bot = z
  .object({
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    greeting: z.string(),
    starters: z.array(z.string()),
    instructions: z.string().optional(),
    model: z.string().nullable(),
    temperature: z.number().nullable(),
    max_tokens: z.int().nullable(),
    intake: z.array(intakeQuestion),
    default_visibility: visibility,
    reads_quotes: z.boolean(),
    /** Counts up with every change. */
    version: z.int(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Bot' });
export type Bot = z.infer<typeof bot>;

export const botPage = pageOf(bot).meta({ id: 'BotPage' });

/** What an administrator may set of a bot; everything of it is kept with each version. */
export const botContent = z.object({
  name: nameText(1, 60),
  description: nameText(0, 300),
  greeting: longText(0, 1_000),
  starters: z.array(nameText(1, 200)).max(4),
  instructions: longText(0, 100_000),
  model: freeText.min(1).max(200).nullable(),
  temperature: z.number().min(0).max(2).nullable(),
  max_tokens: z.int().min(1).max(1_000_000).nullable(),
  intake: z.array(intakeQuestion).max(10),
  default_visibility: visibility,
  reads_quotes: z.boolean(),
});
export type BotContent = z.infer<typeof botContent>;

export const newBot = botContent.partial().extend({
  slug: freeText.regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, {
    error: 'takes 1 to 40 small letters, digits and hyphens',
  }),
  name: nameText(1, 60),
});

/** `version`: the one that was read; a newer one in the store is a conflict. */
export const botChange = botContent.partial().extend({ version: z.int().min(1).optional() });

export const botVersion = z
  .object({
    version: z.int(),
    content: botContent,
    /** The nickname of who made it; null for the shipped one and for deleted accounts. */
    user: z.string().nullable(),
    created_at: instant,
  })
  .meta({ id: 'BotVersion' });

export const botVersionPage = pageOf(botVersion).meta({ id: 'BotVersionPage' });

export const botRestore = z.object({ version: rowId });
