import type { Locator, Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { historyTexts } from '#web/chat/history-texts.ts';
import { profileTexts } from '#web/accounts/profile-texts.ts';
import { texts } from './browser.ts';
import { findUnseenFocus } from './focus.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const house = openHouse(startChatServer);
let member: Client;

beforeEach(async () => {
  house.server.provider.reset();
  member = await house.server.join();
});

/** Goes on with the tab key until the focus is there; every stop on the way can be seen. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const element = await target.elementHandle();
  for (let stop = 0; stop < 60; stop += 1) {
    await page.keyboard.press(key);
    expect(await page.evaluate(findUnseenFocus)).toBe(undefined);
    if (await page.evaluate((wanted) => wanted === document.activeElement, element)) return;
  }
  throw new Error('the tab key does not lead there');
}

async function focusIsIn(target: Locator): Promise<void> {
  await expect.poll(() => target.evaluate((element) => element === document.activeElement)).toBe(true);
}

test('by keyboard alone one logs in, asks and stops', async () => {
  const { page, wrong, close } = await house.visit();
  const keys = page.keyboard;
  await page.goto('/accounts/login');
  const email = page.getByRole('textbox', { name: t['auth.email'] });
  await focusIsIn(email);
  await keys.type(member.email);
  await tabTo(page, page.getByLabel(t['auth.password'], { exact: true }));
  await keys.type('correct horse 7');
  await keys.press('Enter');
  await page.waitForURL(`${house.server.url}/`);
  await page.locator('[data-quota]').waitFor();
  // The field has the focus already.
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await focusIsIn(composer);
  house.server.provider.script({ fault: 'endless', paceMs: 30 });
  await keys.type('키보드로만 물어봐요');
  await keys.press('Enter');
  const log = page.getByRole('log');
  await log.locator('.prose-writing').waitFor();
  await keys.press('Escape');
  await log.getByText(t.stopped).waitFor();
  await focusIsIn(composer);
  await tabTo(page, log, 'Shift+Tab');
  expect(wrong).toEqual([]);
  await close();
});

test('by keyboard alone one searches the history, renames what was found and opens it', async () => {
  await member.post('/chat', { content: '키보드로만 찾을 질문' });
  const { page, wrong, close } = await house.visit({ as: member });
  const keys = page.keyboard;
  await page.goto('/bots');
  await page.getByRole('heading', { level: 1 }).waitFor();
  // The link past the navigation comes first.
  const skip = page.getByRole('link', { name: t['nav.skip'] });
  await tabTo(page, skip);
  expect(await skip.evaluate((link) => link === document.querySelector('a, button, input, [tabindex="0"]'))).toBe(true);
  await tabTo(page, page.getByRole('link', { name: t['nav.search'] }));
  await keys.press('Enter');
  const search = page.getByRole('searchbox', { name: historyTexts.ko.search });
  await focusIsIn(search);
  await keys.type('키보드로만');
  const row = page.getByRole('main').locator('[data-row]');
  await row.locator('mark').waitFor();
  await tabTo(page, row);
  await keys.press('F2');
  const name = page.getByRole('textbox', { name: t['history.renameLabel'] });
  await focusIsIn(name);
  await keys.type('새 이름');
  await keys.press('Enter');
  await page.getByRole('main').getByText('새 이름').waitFor();
  await focusIsIn(row);
  await keys.press('Enter');
  await page.waitForURL(/\/sessions\/\d+$/);
  await page.getByRole('heading', { level: 1, name: '새 이름' }).waitFor();
  expect(wrong).toEqual([]);
  await close();
});

test('the shortcuts lead from every screen to where they say, and can be switched off', async () => {
  const { page, wrong, close } = await house.visit({ as: member });
  const body = page.locator('body');
  await page.goto('/bots');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await body.press('Control+k');
  await page.waitForURL((url) => url.pathname === '/chat');
  await focusIsIn(page.getByRole('searchbox', { name: historyTexts.ko.search }));
  await body.press('Control+Shift+O');
  await page.waitForURL(`${house.server.url}/`);
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.waitFor();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await body.press('Shift+Escape');
  await focusIsIn(composer);
  const navigation = page.getByRole('navigation', { name: t['nav.label'] });
  await body.press('Control+Shift+S');
  await navigation.waitFor({ state: 'detached' });
  await body.press('Control+Shift+S');
  await navigation.waitFor();

  await body.press('Control+/');
  const help = page.getByRole('dialog', { name: t['keys.title'] });
  await help.getByRole('checkbox').press('Space');
  await help.getByRole('checkbox').press('Escape');
  await help.waitFor({ state: 'detached' });
  await body.press('Control+k');
  await body.press('Control+/');
  expect(await help.count()).toBe(0);
  expect(page.url()).toBe(`${house.server.url}/`);
  expect(wrong).toEqual([]);
  await close();
});

test('the shortcuts of who is logged in work on a published page too, which gives guests none', async () => {
  const { body: turn } = await member.post('/chat', { content: '게시할 질문' });
  const { body: copy } = await member.post(`/sessions/${turn.session_id}/snapshots`, {});
  const guest = await house.visit();
  await guest.page.goto(`/s/${copy.id}`);
  await guest.page.getByRole('heading', { level: 1 }).waitFor();
  await guest.page.locator('body').press('Control+k');
  const { page, wrong, close } = await house.visit({ as: member });
  await page.goto(`/s/${copy.id}`, { waitUntil: 'networkidle' });
  const body = page.locator('body');
  await body.press('Control+/');
  await page.getByRole('dialog', { name: t['keys.title'] }).press('Escape');
  await body.press('Control+k');
  await page.waitForURL((url) => url.pathname === '/chat');
  await focusIsIn(page.getByRole('searchbox', { name: historyTexts.ko.search }));
  expect(new URL(guest.page.url()).pathname).toBe(`/s/${copy.id}`);
  expect(wrong).toEqual([]);
  await guest.close();
  await close();
});

test('another page has its heading in focus and its name in the title', async () => {
  const { page, close } = await house.visit({ as: member });
  await page.goto('/');
  await page.getByRole('link', { name: t['nav.bots'], exact: true }).press('Enter');
  await page.waitForURL((url) => url.pathname === '/bots');
  const heading = page.getByRole('heading', { level: 1 });
  await focusIsIn(heading);
  expect(await page.title()).toContain(await heading.innerText());
  await close();
});

test('on a phone Enter breaks the line and the button sends; the menu keeps the focus inside until Esc', async () => {
  const { page, close } = await house.visit({
    as: member,
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  await page.goto('/');
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await page.locator('[data-quota]').waitFor();
  await composer.tap();
  await composer.pressSequentially('첫 줄');
  await composer.press('Enter');
  await composer.pressSequentially('둘째 줄');
  expect(await composer.inputValue()).toBe('첫 줄\n둘째 줄');
  expect(house.server.provider.requests).toEqual([]);
  await composer.press('Control+Enter');
  await page.getByRole('log').locator('.prose').waitFor();

  const opener = page.getByRole('button', { name: t['nav.menu'], exact: true });
  await opener.tap();
  const drawer = page.getByRole('dialog', { name: t['nav.menu'] });
  await drawer.waitFor();
  for (let stop = 0; stop < 25; stop += 1) {
    await page.keyboard.press('Tab');
    // Past its end the focus may leave for the browser's own controls, never for the page behind.
    const behind = await page.evaluate(
      () => document.activeElement !== document.body && !document.activeElement?.closest('dialog'),
    );
    expect(behind).toBe(false);
  }
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await focusIsIn(opener);
  await close();
});

test('where a keyboard lies over the page, the field stands in what is left to see', async () => {
  const { page, close } = await house.visit({ as: member, viewport: { width: 360, height: 740 } });
  // No desktop browser has such a keyboard.
  await page.addInitScript(() => {
    const seen = Object.assign(new EventTarget(), { height: 740, offsetTop: 0, scale: 1 });
    Object.defineProperty(window, 'visualViewport', { value: seen });
  });
  await page.goto('/');
  await page.locator('[data-quota]').waitFor();
  const field = page.locator('[data-composer]');
  await field.fill('안녕하세요');
  await field.press('Control+Enter');
  await page.getByRole('log').locator('.prose').waitFor();
  const see = (height: number, offsetTop: number) =>
    page.evaluate(
      (next) => {
        Object.assign(window.visualViewport!, next).dispatchEvent(new Event('resize'));
      },
      { height, offsetTop },
    );
  const ends = async () => {
    const { y, height } = (await field.boundingBox())!;
    return y + height;
  };
  const below = await ends();
  expect(below).toBeGreaterThan(520);
  await see(400, 120);
  await expect.poll(ends).toBeLessThan(520);
  expect((await page.getByRole('heading', { level: 1 }).boundingBox())!.y).toBeGreaterThanOrEqual(120);
  await see(740, 0);
  await expect.poll(ends).toBe(below);
  await close();
});

test('with "Enter sends" switched off, Enter breaks the line on a desktop too, and Ctrl+Enter sends', async () => {
  const { page, close } = await house.visit({ as: member });
  await page.goto('/accounts/profile');
  await page.getByRole('switch', { name: profileTexts.ko.enter }).press('Space');
  await page.goto('/');
  await page.locator('[data-quota]').waitFor();
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.pressSequentially('첫 줄');
  await composer.press('Enter');
  await composer.pressSequentially('둘째 줄');
  expect(await composer.inputValue()).toBe('첫 줄\n둘째 줄');
  expect(house.server.provider.requests).toEqual([]);
  await composer.press('Control+Enter');
  await page.getByRole('log').locator('.prose').waitFor();
  expect(
    (house.server.provider.requests[0]!.body as { messages: { content: string }[] }).messages.at(-1)!.content,
  ).toBe('첫 줄\n둘째 줄');
  await close();
});
