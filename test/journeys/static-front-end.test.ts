import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
import { openBrowser, photograph, texts, visit } from './browser.ts';

const t = texts.ko;
const folder = mkdtempSync(join(tmpdir(), 'daesa-static-'));
let files: Server;
let pages: string;
let server: TestServer;
let browser: Browser;

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** Serves a folder below `/daesa/` as hosts of static pages do: what is no file is 404.html, with that status. */
function serveFolder(): Server {
  return createServer((request, response) => {
    const path = new URL(request.url!, 'http://pages.invalid').pathname.replace(/^\/daesa\//, '') || 'index.html';
    const file = existsSync(join(folder, path)) ? path : '404.html';
    response.writeHead(file === path ? 200 : 404, { 'content-type': types[extname(file)] ?? 'font/woff2' });
    response.end(readFileSync(join(folder, file)));
  });
}

beforeAll(async () => {
  const configFile = fileURLToPath(new URL('../../vite.config.ts', import.meta.url));
  // The runner's own would make a build for developing, in which libraries say more.
  vi.stubEnv('NODE_ENV', 'production');
  await build({ configFile, mode: 'static', base: '/daesa/', logLevel: 'error', build: { outDir: folder } });
  vi.unstubAllEnvs();
  files = serveFolder().listen(0, '127.0.0.1');
  await new Promise((resolve) => files.once('listening', resolve));
  pages = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  server = await startServer({ env: { CORS_ORIGINS: pages } });
  // The first one is administrator, without a quota to show.
  await joinAs(server.url);
  browser = await openBrowser();
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  files?.close();
  rmSync(folder, { recursive: true, force: true });
});

const configure = (config: unknown) => writeFileSync(join(folder, 'config.json'), JSON.stringify(config));

test.each(['bearer', 'cookie'])(
  'the app on another server logs in by %s, streams, and keeps its route',
  async (login) => {
    configure({ api: server.url, login });
    const person = await joinAs(server.url);
    const { page, wrong, close } = await visit(browser, pages);
    // Of the page's own address only files are asked.
    const stray: string[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin === pages && !url.pathname.startsWith('/daesa/')) stray.push(url.pathname);
    });
    await page.goto('/daesa/accounts/login?next=%2Fchat');
    const docs = page.getByRole('contentinfo').getByRole('link', { name: t['nav.docs'] });
    expect(await docs.getAttribute('href')).toBe(`${server.url}/docs`);
    await page.getByRole('textbox', { name: t['auth.email'] }).fill(person.email);
    await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${pages}/daesa/chat`);
    await page.getByText(t['empty.history']).waitFor();

    await page.getByRole('link', { name: t['nav.newChat'] }).first().click();
    const composer = page.getByRole('textbox', { name: t['composer.label'] });
    await composer.fill('안녕하세요');
    await composer.press('Enter');
    await page.waitForURL(/\/daesa\/sessions\/\d+$/);
    await page.getByText('오늘 4번').waitFor();
    await page.reload();
    await page.getByText('안녕하세요').first().waitFor();
    await photograph(page, `static-${login}`);
    await page.getByRole('button', { name: chatTexts.ko.menu }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: chatTexts.ko.markdown }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^daesa-session-\d+\.md$/);
    expect(readFileSync(await file.path(), 'utf8')).toContain('안녕하세요');
    expect([wrong, stray]).toEqual([[], []]);

    await page.getByRole('button', { name: t['nav.account'] }).click();
    await page.getByRole('menuitem', { name: t['auth.logOut'] }).click();
    await page.getByRole('link', { name: t['auth.logIn'] }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/daesa/');
    expect(await page.evaluate(() => localStorage.getItem('daesa.token'))).toBeNull();
    await close();
  },
);

test("the app on another server leads to its API's documentation, and its samples have the API's address", async () => {
  configure({ api: server.url, login: 'bearer' });
  const person = await joinAs(server.url);
  const { page, close } = await visit(browser, pages);
  await page.goto('/daesa/accounts/login?next=%2Fkeys');
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(person.email);
  await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
  await page.keyboard.press('Enter');
  const samples = page.getByRole('main').locator('pre');
  await samples.first().waitFor();
  for (const sample of await samples.allInnerTexts()) {
    const addresses = sample.match(/https?:\/\/[^/"'\s]+/g)!;
    expect(addresses).toEqual(addresses.map(() => server.url));
  }
  await page.getByRole('main').getByRole('link', { name: t['nav.docs'], exact: true }).first().click();
  await page.waitForURL((url) => url.href.startsWith(`${server.url}/docs`));
  await page.getByRole('heading', { name: /Daesa/ }).first().waitFor();
  await close();
});

test('an API that cannot be reached is named, and the page is not blank', async () => {
  configure({ api: 'http://127.0.0.1:1', login: 'bearer' });
  const { page, close } = await visit(browser, pages);
  await page.goto('/daesa/');
  await page.getByText('서버에 연결할 수 없어요. 인터넷 연결을 확인해 주세요. (http://127.0.0.1:1)').waitFor();
  await expect.poll(() => page.getByRole('textbox', { name: t['composer.label'] }).isVisible()).toBe(true);
  await photograph(page, 'static-unreachable');
  await close();
});
