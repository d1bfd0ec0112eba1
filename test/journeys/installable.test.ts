import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { openBrowser, photograph, texts, visit } from './browser.ts';

const t = texts.ko;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  browser = await openBrowser();
  // The first one is administrator, without a quota to show.
  await joinAs(server.url);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test('without network the app opens, with what was typed before', async () => {
  const person = await joinAs(server.url);
  const { page, context, close } = await visit(browser, server.url, { as: person, serviceWorkers: 'allow' });
  await page.goto('/');
  await page.evaluate(() => navigator.serviceWorker.ready);
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.fill('지하철에서 쓰던 질문');
  await expect.poll(() => page.evaluate(() => localStorage.getItem('daesa.drafts'))).toContain('지하철에서 쓰던 질문');
  await context.setOffline(true);
  await page.reload();
  await page.getByText(t.offline).waitFor();
  await expect.poll(() => composer.inputValue()).toBe('지하철에서 쓰던 질문');
  await photograph(page, 'offline');

  await context.setOffline(false);
  await page.getByText(t.offline).waitFor({ state: 'detached' });
  await page.locator('[data-quota]').waitFor();
  expect(await composer.inputValue()).toBe('지하철에서 쓰던 질문');
  await close();
});

test('the app can be installed: its manifest and icons are there', async () => {
  const { page, close } = await visit(browser, server.url);
  await page.goto('/accounts/login');
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = (await (await page.request.get(href!)).json()) as { icons: { src: string; purpose?: string }[] };
  expect(manifest.icons.some(({ purpose }) => purpose === 'maskable')).toBe(true);
  for (const { src } of manifest.icons) {
    const icon = await page.request.get(`/${src}`);
    expect([icon.status(), icon.headers()['content-type']]).toEqual([200, expect.stringMatching(/^image\//)]);
  }
  await close();
});

test.each([
  ['br, gzip', 'br'],
  ['gzip', 'gzip'],
])('files are sent as they were compressed at the build (%s)', async (accepted, sent) => {
  const { page, close } = await visit(browser, server.url);
  const html = await (await page.request.get('/accounts/login', { headers: { accept: 'text/html' } })).text();
  const [, script] = /src="(\/assets\/[^"]+)"/.exec(html)!;
  const answer = await fetch(server.url + script, { headers: { 'accept-encoding': accepted } });
  expect(answer.headers.get('content-encoding')).toBe(sent);
  expect(answer.headers.get('content-type')).toMatch(/javascript/);
  expect(answer.headers.get('cache-control')).toContain('immutable');
  await close();
});
