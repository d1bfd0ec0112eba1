import { markCounts } from '#contracts/sessions.ts';
import type { Database } from '../db/database.ts';
import { answers, type App } from '../http/app-types.ts';
import { countMarks } from './marks.store.ts';

/** Bots and models that are shown; a server has few. */
const MOST = 100;

export function addMarkRoutes(app: App, { database }: { database: Database }): void {
  const schema = {
    tags: ['administration'],
    summary: 'How answers were marked, by bot and model',
    response: answers({ 200: markCounts }),
  };
  app.get('/admin/marks', { config: { access: 'administrator' as const }, schema }, async () => ({
    results: await countMarks(database.read, MOST),
  }));
}
