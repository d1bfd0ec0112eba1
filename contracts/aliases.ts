import { z } from 'zod';
import { freeText } from './text.ts';

const name = freeText.min(1).max(200);
export const aliasName = z.object({ name });

/** No target at all: the default model answers. */
export const aliasBody = z
  .object({ targets: z.array(name).max(20), shutdown_date: z.iso.date().nullable(), source: freeText.min(1).max(500) })
  .partial();

export const modelAlias = z
  .object({
    name: z.string(),
    targets: z
      .array(z.string())
      .meta({ description: 'The first that the provider lists answers, else the default model' }),
    shutdown_date: z.string().nullable(),
    source: z.string(),
    shipped: z.boolean().meta({ description: 'False: an administrator has set it' }),
  })
  .meta({ id: 'ModelAlias' });
export type ModelAlias = z.infer<typeof modelAlias>;

export const aliasList = z.object({ results: z.array(modelAlias) }).meta({ id: 'ModelAliasList' });
