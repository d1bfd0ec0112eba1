import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Client } from '#test/client.ts';
import { en } from '#web/text/en.ts';
import { ko } from '#web/text/ko.ts';

export const texts = { ko, en };
export type Language = keyof typeof texts;

const output = fileURLToPath(new URL('../output/', import.meta.url));

/** A real Chromium without a window, which speaks to nobody but the server under test. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Errors of the page that nobody expected: exceptions, and what the browser refused. */
  wrong: string[];
  close(): Promise<void>;
}

export interface VisitOptions extends BrowserContextOptions {
  language?: Language;
  /** Comes logged in as this account. */
  as?: Client;
}

/** A person's browser: empty storage, a language, perhaps a login. */
export async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { language = 'ko', as, ...others } = options;
  const context = await browser.newContext({
    baseURL: url,
    locale: language === 'ko' ? 'ko-KR' : 'en-US',
    timezoneId: 'Asia/Seoul',
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    // What a page loads is then what its journey sees; the journey without network allows them.
    serviceWorkers: 'block',
    ...others,
  });
  if (as) {
    const login = { email: as.email, password: 'correct horse 7', session: 'cookie' };
    const answer = await context.request.post('/accounts/login', { data: login });
    if (!answer.ok()) throw new Error(`logging in failed: ${answer.status()} ${await answer.text()}`);
  }
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    // A refused request is an answer of the server, which the page shows.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) wrong.push(message.text());
  });
  async function close(): Promise<void> {
    // An answer that a route still holds back has nobody left to go to, and its failure is nobody's.
    for (const open of context.pages()) await open.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
  }
  return { page, context, wrong, close };
}

/** The scripts of the app itself; before them, two small ones paint what is known. */
export const scriptsOfApp = /\/assets\/(?!(?:before|first)-paint-)[^/]+\.js$/;

/** Keeps what the page looks like, for people to look at; in its own typeface, unless that never comes. */
export async function photograph(page: Page, name: string): Promise<void> {
  await page
    .locator('[data-typeface="own"]')
    .waitFor({ timeout: 2000 })
    .catch(() => {});
  mkdirSync(dirname(`${output}${name}`), { recursive: true });
  await page.screenshot({ path: `${output}${name}.png` });
}

/**
 * Serious barriers of the page as it stands, and whether it scrolls sideways on the narrowest phones; the page
 * is as wide as before afterwards. Empty: everybody can use it.
 */
export async function barriersOf(page: Page, name: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  const before = page.viewportSize()!;
  for (const width of [360, 320]) {
    await page.setViewportSize({ width, height: 740 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) found.push(`${wide} px wide at ${width}`);
    await photograph(page, `${name}-${width}`);
  }
  await page.setViewportSize(before);
  return found;
}
