import type { Db } from '../db/schema.ts';
import { listObjects } from './objects.store.ts';

/** The fine-tuned models that came of somebody's jobs, by name, each with the provider that has it. */
export async function ownFineTuned(db: Db, userId: number): Promise<Map<string, string>> {
  const jobs = await listObjects(db, { kind: 'job', userId, limit: 10_000, order: 'asc' });
  const models = jobs.map(({ document, provider }): [unknown, string] => {
    return [(JSON.parse(document) as { fine_tuned_model?: unknown }).fine_tuned_model, provider];
  });
  return new Map(models.filter((model): model is [string, string] => typeof model[0] === 'string'));
}
