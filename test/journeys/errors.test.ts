import AxeBuilder from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startServer } from '#test/server.ts';
import { photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const house = openHouse(startServer);

test('what does not exist is said inside the app, and the navigation goes on working', async () => {
  const { page, close } = await house.visit({ viewport: { width: 360, height: 740 } });
  expect((await page.goto('/nowhere/at/all'))?.status()).toBe(404);
  await page.getByRole('heading', { name: t['notFound.title'] }).waitFor();
  await photograph(page, 'not-found');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  await page.getByRole('main').getByRole('link', { name: t['nav.newChat'] }).click();
  await page.waitForURL(`${house.server.url}/`);
  await close();
});

test('a page whose piece is gone after a deployment loads anew once, then says that there is a new version', async () => {
  const { page, close } = await house.visit();
  const pieces = new Set<string>();
  page.on('request', (request) => pieces.add(request.url()));
  await page.goto('/', { waitUntil: 'networkidle' });
  await page.getByRole('textbox').waitFor();
  const loads: string[] = [];
  page.on('load', () => loads.push(page.url()));
  const here = new Set(pieces);
  await page.route(
    (url) => url.pathname.startsWith('/assets/') && !here.has(url.href),
    (route) => route.fulfill({ status: 404 }),
  );
  await page.getByRole('link', { name: t['nav.bots'], exact: true }).click();
  await page.getByRole('heading', { name: t['problem.newVersion'] }).waitFor();
  expect(loads.length).toBe(1);
  expect(await page.getByRole('navigation', { name: t['nav.label'] }).isVisible()).toBe(true);
  await photograph(page, 'new-version');
  await page.unrouteAll();
  await page.getByRole('button', { name: t['action.reload'] }).click();
  await page.getByRole('heading', { name: t['nav.bots'] }).waitFor();
  await close();
});

test('a page that throws says so in its place, and the navigation leads on', async () => {
  const person = await joinAs(house.server.url);
  const { page, close } = await house.visit({ as: person });
  await page.route(/\/keys\?/, (route) => route.fulfill({ json: { results: 1 } }));
  await page.goto('/keys');
  await page.getByRole('heading', { name: t['problem.title'] }).waitFor();
  const navigation = page.getByRole('navigation', { name: t['nav.label'] });
  await navigation.getByRole('link', { name: t['nav.bots'], exact: true }).click();
  await page.getByRole('heading', { name: t['nav.bots'] }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/bots');
  await close();
});

test('a server that is away is said where the answer was to be, and trying again helps', async () => {
  const person = await joinAs(house.server.url);
  const { page, close } = await house.visit({ as: person });
  await page.route(/\/keys\?/, (route) => route.abort());
  await page.goto('/keys');
  const retry = page.getByRole('alert').getByRole('button', { name: t['action.tryAgain'] });
  await retry.waitFor();
  await photograph(page, 'server-away');
  await page.unroute(/\/keys\?/);
  await retry.click();
  await page.getByText('아직 키가 없어요').waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
  await close();
});
