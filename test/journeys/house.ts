import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { TestServer } from '#test/server.ts';
import { openBrowser, visit, type Visit, type VisitOptions } from './browser.ts';

/** What the journeys of one file share: a server, and a browser in which people come to it. */
export interface House<Served extends TestServer> {
  readonly server: Served;
  readonly browser: Browser;
  visit(options?: VisitOptions): Promise<Visit>;
}

/** Opens a house before the first journey of a file and closes it behind the last one. */
export function openHouse<Served extends TestServer>(start: () => Promise<Served>): House<Served> {
  let server: Served;
  let browser: Browser;
  beforeAll(async () => {
    server = await start();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  return {
    get server() {
      return server;
    },
    get browser() {
      return browser;
    },
    visit: (options) => visit(browser, server.url, options),
  };
}
