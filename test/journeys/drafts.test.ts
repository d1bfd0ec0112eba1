import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { botTexts } from '#web/bots/bot-texts.ts';
import { barriersOf, photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const house = openHouse(startChatServer);
let member: Client;

beforeEach(async () => {
  house.server.provider.reset();
  member = await house.server.join();
});

const composerOf = (page: Page) => page.getByRole('textbox', { name: t['composer.label'] });
const isFocused = (page: Page) => composerOf(page).evaluate((field) => field === document.activeElement);
async function written(page: Page, text: string): Promise<void> {
  await expect.poll(() => page.evaluate(() => localStorage.getItem('daesa.drafts'))).toContain(text);
}

async function logIn(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(member.email);
  await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
  await page.getByLabel(t['auth.password'], { exact: true }).press('Enter');
}

test('a draft survives the crash of its tab', async () => {
  const { page, context, close } = await house.visit({ as: member });
  await page.goto('/');
  await composerOf(page).fill('아직 보내지 않은 글');
  await written(page, '아직 보내지 않은 글');
  const crashed = page.waitForEvent('crash');
  await page.goto('chrome://crash').catch(() => {});
  await crashed;
  const next = await context.newPage();
  await next.goto('/');
  await expect.poll(() => composerOf(next).inputValue()).toBe('아직 보내지 않은 글');
  await close();
});

test('what is typed while an answer is written is a draft too, also over the change of the address', async () => {
  const { page, close } = await house.visit({ as: member });
  await page.goto('/');
  house.server.provider.script({ hold: true });
  await composerOf(page).fill('처음 질문');
  await composerOf(page).press('Enter');
  await page.getByRole('button', { name: t['composer.stop'] }).waitFor();
  await composerOf(page).fill('둘째 질문을 미리');
  await page.waitForURL(/\/sessions\/\d+$/);
  await written(page, '둘째 질문을 미리');
  await page.reload();
  await expect.poll(() => composerOf(page).inputValue()).toBe('둘째 질문을 미리');
  house.server.provider.release();
  await page.getByRole('button', { name: t['composer.send'] }).waitFor();
  expect(await composerOf(page).inputValue()).toBe('둘째 질문을 미리');
  await close();
});

test('a guest writes first and logs in when sending: the text is there again, in focus, and not sent', async () => {
  const { page, close } = await house.visit();
  await page.goto('/');
  await composerOf(page).fill('손님이 쓴 질문');
  await composerOf(page).press('Enter');
  await page.waitForURL((url) => url.pathname === '/accounts/login');
  await logIn(page);
  await page.waitForURL(`${house.server.url}/`);
  await page.locator('[data-quota]').waitFor();
  await expect.poll(() => composerOf(page).inputValue()).toBe('손님이 쓴 질문');
  await expect.poll(() => isFocused(page)).toBe(true);
  expect(house.server.provider.requests).toEqual([]);
  // Back does not lead to the login that is done.
  await page.goBack();
  expect(new URL(page.url()).pathname).not.toBe('/accounts/login');
  await close();
});

test('a login that ends in mid-work is asked for once and in place, and nothing that was typed is lost or sent', async () => {
  const { page, context, wrong, close } = await house.visit({ as: member });
  // Nothing else is under way that would find out first.
  await page.goto('/', { waitUntil: 'networkidle' });
  await page.locator('[data-quota]').waitFor();
  const left: string[] = [];
  page.on('framenavigated', () => left.push(page.url()));
  await composerOf(page).fill('보내기 전에 끊긴 글');
  await context.clearCookies();
  await composerOf(page).press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await photograph(page, 'login-lost');
  expect(await barriersOf(page, 'login-lost')).toEqual([]);
  expect(left).toEqual([]);
  await logIn(page);
  await dialog.waitFor({ state: 'detached' });
  await page.locator('[data-quota]').waitFor();
  expect(await composerOf(page).inputValue()).toBe('보내기 전에 끊긴 글');
  await expect.poll(() => isFocused(page)).toBe(true);
  expect(house.server.provider.requests).toEqual([]);
  await composerOf(page).press('Enter');
  await page.getByRole('log').locator('.prose').waitFor();
  expect(house.server.provider.requests).toHaveLength(1);
  expect(wrong.filter((line) => !line.includes('401'))).toEqual([]);
  await close();
});

test('a message that the server did not take is in the composer again, and sent again it is asked once', async () => {
  const { page, close } = await house.visit({ as: member });
  await page.goto('/');
  await page.locator('[data-quota]').waitFor();
  // The server takes it, and its answer gets lost on the way.
  await page.route('**/chat/stream', async (route) => {
    await route.fetch();
    await route.abort('connectionreset');
  });
  await composerOf(page).fill('한 번만 물어볼 질문');
  await composerOf(page).press('Enter');
  await page.getByRole('alert').getByText(t['send.fail'].slice(0, 10)).waitFor();
  expect(await composerOf(page).inputValue()).toBe('한 번만 물어볼 질문');
  await photograph(page, 'send-failed');
  await page.unroute('**/chat/stream');
  await page.getByRole('button', { name: t['action.resend'] }).click();
  await page.getByRole('log').locator('.prose').waitFor();
  expect((await member.get('/accounts/profile')).body.quota.used).toBe(1);
  expect((await member.get('/sessions?mine=true')).body.count).toBe(1);
  expect(await page.getByRole('article').count()).toBe(1);
  await close();
});

test("a bot's first question whose answer gets lost is asked once, however often it is sent", async () => {
  const { page, close } = await house.visit({ as: member });
  await page.goto('/bots/stove-league');
  const button = page.getByRole('button', { name: botTexts.ko.ask });
  await page.route('**/sessions/*/prompts', async (route) => {
    await route.fetch();
    await route.abort('connectionreset');
  });
  await page.getByRole('textbox').fill('한 번만 물어볼 대사');
  await button.click();
  await page.getByRole('alert').waitFor();
  await page.unroute('**/sessions/*/prompts');
  await button.click();
  await page.waitForURL(/\/sessions\/\d+$/);
  await page.getByRole('log').locator('.prose').waitFor();
  expect(await page.getByRole('article').count()).toBe(1);
  expect((await member.get('/accounts/profile')).body.quota.used).toBe(1);
  await close();
});

test('a message is on its way though the page is left before the next frame', async () => {
  const { page, close } = await house.visit({ as: member });
  await page.goto('/');
  await page.locator('[data-quota]').waitFor();
  // What a locked phone does: no frame comes any more.
  await page.evaluate(() => {
    window.requestAnimationFrame = () => 0;
  });
  const asked = house.server.provider.requests.length;
  await composerOf(page).fill('전화기를 바로 잠가요');
  await composerOf(page).press('Enter');
  await page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
  expect((await house.server.provider.request(asked)).rawBody).toContain('전화기를 바로 잠가요');
  await close();
});
