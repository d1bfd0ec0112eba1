import type { App } from './app-types.ts';
import { wantsPage } from './faces.ts';
import { readCredential } from './visitor.ts';

/** Published pages, and public sessions. */
const PUBLISHED = /^\/s([/?]|$)/;
const SESSIONS = /^\/sessions([/?]|$)/;

/**
 * Counts what is read without a login, so that nobody walks through all of it. Published pages and pages for
 * browsers ask nobody who they are, so what looks like a login makes no difference there.
 */
export function addPublicReads(app: App, cookie: string, limit: (address: string) => Promise<void>): void {
  app.addHook('onRequest', async (request) => {
    const asked =
      PUBLISHED.test(request.url) ||
      (SESSIONS.test(request.url) && (wantsPage(request) || !readCredential(request, cookie)));
    if (asked) await limit(request.ip);
  });
}
