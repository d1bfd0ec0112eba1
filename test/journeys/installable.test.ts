import { beforeAll, expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startServer } from '#test/server.ts';
import { photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const house = openHouse(startServer);

beforeAll(async () => {
  // The first one is administrator, without a quota to show.
  await joinAs(house.server.url);
});

test('without network the app opens, with what was typed before', async () => {
  const person = await joinAs(house.server.url);
  const { page, context, close } = await house.visit({ as: person, serviceWorkers: 'allow' });
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
  const { page, close } = await house.visit();
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
  const { page, close } = await house.visit();
  const html = await (await page.request.get('/accounts/login', { headers: { accept: 'text/html' } })).text();
  const [, script] = /src="(\/assets\/[^"]+)"/.exec(html)!;
  const answer = await fetch(house.server.url + script, { headers: { 'accept-encoding': accepted } });
  expect(answer.headers.get('content-encoding')).toBe(sent);
  expect(answer.headers.get('content-type')).toMatch(/javascript/);
  expect(answer.headers.get('cache-control')).toContain('immutable');
  await close();
});
