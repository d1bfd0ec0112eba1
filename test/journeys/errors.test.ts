import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startServer } from '#test/server.ts';
import { quoteTexts } from '#web/quotes/quote-texts.ts';
import { photograph, texts, type Visit } from './browser.ts';
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

/** The parts of the app that come after this. */
async function isLaterPart(page: Page): Promise<(url: URL) => boolean> {
  const here = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  return (url) => url.pathname.startsWith('/assets/') && url.pathname.endsWith('.js') && !here.includes(url.href);
}

function countNavigations(page: Page): string[] {
  const urls: string[] = [];
  page.on('request', (request) => request.isNavigationRequest() && urls.push(request.url()));
  return urls;
}

test('a page whose part is gone after a deployment loads anew once, then says that there is a new version', async () => {
  const { page, close } = await house.visit();
  await page.goto('/', { waitUntil: 'networkidle' });
  await page.getByRole('textbox').waitFor();
  const navigations = countNavigations(page);
  await page.route(await isLaterPart(page), (route) => route.fulfill({ status: 404 }));
  await page.getByRole('link', { name: t['nav.bots'], exact: true }).click();
  await page.getByRole('heading', { name: t['problem.newVersion'] }).waitFor();
  expect(navigations).toEqual([`${house.server.url}/bots`]);
  expect(await page.getByRole('navigation', { name: t['nav.label'] }).isVisible()).toBe(true);
  await photograph(page, 'new-version');
  await page.unrouteAll();
  await page.getByRole('button', { name: t['action.reload'] }).click();
  await page.getByRole('heading', { name: t['nav.bots'] }).waitFor();
  await close();
});

test('a part that fails once is asked for again, and nothing is loaded anew', async () => {
  const { page, wrong, close } = await house.visit();
  await page.goto('/', { waitUntil: 'networkidle' });
  await page.getByRole('textbox').fill('쓰다 만 글');
  const navigations = countNavigations(page);
  const failed: string[] = [];
  await page.route(await isLaterPart(page), (route) => {
    const { href } = new URL(route.request().url());
    if (failed.length > 0) return route.continue();
    failed.push(href);
    return route.abort('connectionreset');
  });
  await page.getByRole('link', { name: t['nav.bots'], exact: true }).click();
  await page.getByRole('heading', { name: t['nav.bots'] }).waitFor();
  expect(failed).toHaveLength(1);
  expect(navigations).toEqual([]);
  await page.goBack();
  expect(await page.getByRole('textbox').inputValue()).toBe('쓰다 만 글');
  expect(wrong).toEqual([]);
  await close();
});

test('pointing at a link whose page can not come loads nothing anew', async () => {
  const { page, wrong, close } = await house.visit();
  await page.goto('/', { waitUntil: 'networkidle' });
  const navigations = countNavigations(page);
  let refused = 0;
  await page.route(await isLaterPart(page), (route) => {
    refused += 1;
    return route.abort('connectionreset');
  });
  await page.getByRole('link', { name: t['nav.bots'], exact: true }).hover();
  // The second try has failed, too.
  await expect.poll(() => refused).toBeGreaterThan(1);
  await page.getByRole('textbox').fill('계속 쓰는 글');
  await page.unrouteAll();
  await page.getByRole('link', { name: t['nav.bots'], exact: true }).click();
  await page.getByRole('heading', { name: t['nav.bots'] }).waitFor();
  expect(navigations).toEqual([]);
  expect(wrong).toEqual([]);
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

/** A page on its way to the keys, whose server asks to wait first. */
async function openKeysAfter(seconds: number): Promise<Visit & { asked: () => number }> {
  const opened = await house.visit({ as: await joinAs(house.server.url) });
  const { page } = opened;
  let asked = 0;
  await page.route(/\/keys\?/, (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    return route.fulfill({
      status: 503,
      headers: { 'retry-after': String(seconds) },
      json: { code: 'database_unavailable' },
    });
  });
  await page.clock.install();
  await page.goto('/keys');
  await expect.poll(() => asked).toBe(1);
  return { ...opened, asked: () => asked };
}

test('what is tried again by itself waits as long as the server asks for', async () => {
  const { page, asked, close } = await openKeysAfter(10);
  await page.clock.fastForward(5_000);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  expect(asked()).toBe(1);
  await page.clock.fastForward(5_000);
  await page.getByText('아직 키가 없어요').waitFor();
  expect(asked()).toBe(2);
  await close();
});

test('nobody waits before a blank page when the server asks for a long time', async () => {
  const { page, asked, close } = await openKeysAfter(600);
  const retry = page.getByRole('alert').getByRole('button', { name: t['action.tryAgain'] });
  await retry.waitFor();
  expect(asked()).toBe(1);
  await retry.click();
  await page.getByText('아직 키가 없어요').waitFor();
  await close();
});

test('a refused message says when to send it again, and under which number the server knows of it', async () => {
  const person = await joinAs(house.server.url);
  for (const [colorScheme, width] of [
    ['light', 375],
    ['dark', 1280],
  ] as const) {
    const { page, wrong, close } = await house.visit({ as: person, colorScheme, viewport: { width, height: 740 } });
    await page.goto('/');
    const refuse = (status: number, code: string, seconds: number) =>
      page.route('**/chat/stream', (route) =>
        route.fulfill({
          status,
          headers: { 'retry-after': String(seconds), 'x-request-id': 'abc-123' },
          json: { code },
        }),
      );
    const composer = page.getByRole('textbox', { name: t['composer.label'] });
    const notice = page.getByRole('alert');
    await refuse(503, 'shutting_down', 30);
    await composer.fill('지금 보내는 글');
    await composer.press('Control+Enter');
    await notice.getByText('30초 후에 다시 시도해 주세요.').waitFor();
    await notice.getByText('abc-123').waitFor();
    expect(await composer.inputValue()).toBe('지금 보내는 글');
    await photograph(page, `refusal-wait-${colorScheme}`);

    for (const [status, code, seconds] of [
      [409, 'idempotency_running', 7],
      [429, 'too_many_attempts', 45],
    ] as const) {
      await page.unroute('**/chat/stream');
      await refuse(status, code, seconds);
      await notice.getByRole('button', { name: t['action.resend'] }).click();
      await notice.getByText(`${seconds}초 후에 다시 시도해 주세요.`).waitFor();
    }
    expect(wrong).toEqual([]);
    await close();
  }
});

test('a form says under which number the server knows of its own fault, and of a fault of the person none', async () => {
  const { page, wrong, close } = await house.visit({ as: await joinAs(house.server.url) });
  await page.goto('/quote?write=yes');
  await page.getByRole('textbox', { name: quoteTexts.ko.content }).fill('꿈은 크게');
  const number = 'abc-123';
  for (const [status, code, shown] of [
    [500, 'internal', 1],
    [413, 'too_large', 0],
  ] as const) {
    await page.route('**/quote', (route) =>
      route.fulfill({ status, headers: { 'x-request-id': number }, json: { code } }),
    );
    await page.getByRole('button', { name: quoteTexts.ko.submit }).click();
    const notice = page
      .getByRole('alert')
      .filter({ hasText: t[code === 'internal' ? 'problem.later' : 'problem.tooLarge'] });
    await notice.waitFor();
    expect(await notice.getByText(number).count()).toBe(shown);
    await page.unroute('**/quote');
  }
  expect(wrong).toEqual([]);
  await close();
});
