import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually, startChatServer, type ChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { botTexts } from '#web/bots/bot-texts.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
import { guidedTexts } from '#web/sessions/guided-texts.ts';
import { quoteTexts } from '#web/quotes/quote-texts.ts';
import { openBrowser, photograph, texts, visit } from './browser.ts';
import { startNetwork, type Network } from './network.ts';

const t = texts.ko;
let server: ChatServer;
let network: Network;
let browser: Browser;
let member: Client;

beforeAll(async () => {
  server = await startChatServer();
  network = await startNetwork(server.url);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await network?.close();
  await server?.close();
});
beforeEach(async () => {
  server.provider.reset();
  member = await server.join();
});

const composerOf = (page: Page) => page.getByRole('textbox', { name: t['composer.label'] });
const answerOf = (page: Page) => page.getByRole('log').locator('.prose');
const words = Array.from({ length: 60 }, (_, index) => `${index === 0 ? '' : ' '}낱말${index + 1}`);
const whole = words.join('');

/** Asks, and waits until the answer has begun; it takes some seconds to be written. */
async function beginAnswer(page: Page): Promise<void> {
  server.provider.script({ text: words, paceMs: 40 });
  await composerOf(page).fill('길게 써 주세요');
  await composerOf(page).press('Enter');
  await answerOf(page).getByText('낱말2').waitFor();
}

/** Resolves once the server has stored the answer, whoever has read it. */
async function stored(page: Page): Promise<void> {
  const path = new URL(page.url()).pathname;
  await eventually(async () => {
    const { body } = await member.get(path);
    return body.prompts[0].status === 'done' ? true : undefined;
  });
}

/** The answer stands there once, without a gap, before silence alone would make the page suspicious. */
async function expectWhole(page: Page): Promise<void> {
  await answerOf(page)
    .getByText(/낱말60$/)
    .waitFor({ timeout: 20_000 });
  expect(await answerOf(page).innerText()).toBe(whole);
  await page.getByRole('button', { name: t['composer.send'] }).waitFor();
  expect(server.provider.counts['/v1/chat/completions']).toBe(1);
}

test('a lost network is said, typing goes on, and with the network the answer goes on where it was', async () => {
  const { page, context, wrong, close } = await visit(browser, network.url, { as: member });
  await page.goto('/');
  await beginAnswer(page);
  network.forgetConnections();
  await context.setOffline(true);
  await page.getByText(t.offline).waitFor();
  await composerOf(page).fill('다음 질문');
  await stored(page);
  await context.setOffline(false);
  await expectWhole(page);
  expect(await page.getByText(t['stream.cut']).count()).toBe(0);
  expect(await composerOf(page).inputValue()).toBe('다음 질문');
  expect(wrong).toEqual([]);
  await close();
});

test('after the machine has slept, a connection that is dead without a sign is made anew', async () => {
  const { page, wrong, close } = await visit(browser, network.url, { as: member });
  await page.clock.install();
  await page.goto('/');
  await beginAnswer(page);
  network.forgetConnections();
  await stored(page);
  await page.clock.fastForward('10:00');
  await expectWhole(page);
  expect(wrong).toEqual([]);
  await close();
});

test('a page that the phone has frozen in the background has the whole answer when it is woken', async () => {
  const { page, wrong, close } = await visit(browser, network.url, { as: member });
  await page.goto('/');
  await beginAnswer(page);
  network.forgetConnections();
  await stored(page);
  // Without a window Chromium freezes no page: of all that, the page is told here that it goes on.
  await page.evaluate(() => document.dispatchEvent(new Event('resume')));
  await expectWhole(page);
  expect(wrong).toEqual([]);
  await close();
});

test('a cut stream is said; the server that asks to wait is not asked before, but for who wants to go on at once', async () => {
  const { page, wrong, close } = await visit(browser, network.url, { as: member });
  await page.clock.install();
  await page.goto('/');
  await beginAnswer(page);
  const tries: string[] = [];
  await page.route('**/chat/stream/*', (route) => {
    tries.push(route.request().headers()['last-event-id']!);
    return route.fulfill({ status: 503, headers: { 'retry-after': '60' }, json: { code: 'shutting_down' } });
  });
  network.cutConnections();
  const said = page.getByRole('log').getByRole('status').filter({ hasText: t['stream.cut'] });
  await said.waitFor();
  await photograph(page, 'stream-cut');
  await page.clock.fastForward(2_000);
  await expect.poll(() => tries.length).toBe(1);
  await stored(page);
  const asked = page.waitForResponse('**/chat/stream/*');
  await page.clock.fastForward(30_000);
  await page.evaluate(() => {
    window.dispatchEvent(new Event('online'));
    document.dispatchEvent(new Event('visibilitychange'));
  });
  // What would have been tried by now has been tried when a timer of the page has run.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  expect(tries).toHaveLength(1);
  await page.clock.fastForward(30_000);
  await asked;
  expect(tries).toHaveLength(2);
  await page.unroute('**/chat/stream/*');
  await said.getByRole('button', { name: t['action.reconnect'] }).click();
  await expectWhole(page);
  expect(await said.count()).toBe(0);
  expect(tries.every((id) => Number(id) > 0)).toBe(true);
  expect(wrong).toEqual([]);
  await close();
});

test('without network nothing is sent, neither in the chat nor from the board, and with it both work again', async () => {
  const { page, context, wrong, close } = await visit(browser, network.url, { as: member });
  const board = await context.newPage();
  await page.goto('/');
  await composerOf(page).fill('안녕하세요');
  await board.goto('/quote?write=yes');
  await board.getByRole('textbox', { name: quoteTexts.ko.content }).fill('꿈은 크게');
  const send = page.getByRole('button', { name: t['composer.send'] });
  const request = board.getByRole('button', { name: quoteTexts.ko.submit });
  const posts: string[] = [];
  context.on('request', (sent) => sent.method() === 'POST' && posts.push(sent.url()));

  await context.setOffline(true);
  for (const button of [send, request]) {
    await expect.poll(() => button.getAttribute('aria-disabled')).toBe('true');
    // Playwright would wait for a button that can be pressed.
    await button.dispatchEvent('click');
  }
  await board.getByRole('textbox', { name: quoteTexts.ko.content }).press('Control+Enter');
  expect(posts).toEqual([]);

  await context.setOffline(false);
  await request.click();
  await board.getByText(quoteTexts.ko.sent).waitFor();
  await send.click();
  await page.waitForURL(/\/sessions\/\d+$/);
  expect(wrong).toEqual([]);
  await close();
});

/** Gives what was asked of the server while `press` did its work without network; a button that sends has to be off. */
async function pressWithoutNetwork(page: Page, press: () => Promise<void>, button?: Locator): Promise<string[]> {
  const asked: string[] = [];
  page.on('request', (sent) => ['POST', 'PATCH'].includes(sent.method()) && asked.push(sent.url()));
  await page.context().setOffline(true);
  await page.getByText(t.offline).waitFor();
  await press();
  await button?.and(page.locator('[aria-disabled=true]')).waitFor();
  // Playwright would wait for a button that can be pressed.
  await button?.dispatchEvent('click');
  const without = [...asked];
  await page.context().setOffline(false);
  await page.getByText(t.offline).waitFor({ state: 'detached' });
  return without;
}

test('a question to a bot waits for the network', async () => {
  const { page, wrong, close } = await visit(browser, network.url, { as: member });
  await page.goto('/bots/stove-league');
  const field = page.getByRole('main').getByRole('textbox');
  const ask = page.getByRole('button', { name: botTexts.ko.ask });
  await field.fill('어떤 대사가 있나요?');
  expect(await pressWithoutNetwork(page, () => field.press('Enter'), ask)).toEqual([]);
  expect(await field.inputValue()).toBe('어떤 대사가 있나요?');
  await ask.click();
  await page.waitForURL(/\/sessions\/\d+$/);
  await answerOf(page).waitFor();
  expect(wrong).toEqual([]);
  await close();
});

test('guided questions are answered without network, and the summary waits for it', async () => {
  const { page, wrong, close } = await visit(browser, network.url, { as: member });
  await page.goto('/sessions/new?bot=planner');
  const field = page.getByRole('main').getByRole('textbox');
  const ask = page.getByRole('button', { name: guidedTexts.ko.ask });
  await field.waitFor();
  const answerAll = async () => {
    for (const [index, answer] of ['거의 걷지 않아요', '매일 걷고 싶어요', '저녁만 돼요'].entries()) {
      await page.getByRole('heading', { name: new RegExp(`${index + 1}/3`) }).waitFor();
      await field.fill(answer);
      await field.press('Enter');
    }
    await ask.waitFor();
  };
  expect(await pressWithoutNetwork(page, answerAll, ask)).toEqual([]);
  await page.getByText('저녁만 돼요').waitFor();
  await ask.click();
  await page.waitForURL(/\/sessions\/\d+$/);
  await answerOf(page).waitFor();
  expect(wrong).toEqual([]);
  await close();
});

test('another answer, another wording and another name wait for the network', async () => {
  await member.post('/chat', { content: '처음 질문' });
  const { page, wrong, close } = await visit(browser, network.url, { as: member });
  await page.goto('/chat');
  const row = page.getByRole('main').locator('[data-row]');
  await row.press('F2');
  const name = page.getByRole('textbox', { name: t['history.renameLabel'] });
  await name.fill('새 이름');
  expect(await pressWithoutNetwork(page, () => name.press('Enter'))).toEqual([]);
  expect(await name.inputValue()).toBe('새 이름');
  await name.press('Enter');
  await row.getByText('새 이름').click();

  const again = page.getByRole('button', { name: t['chat.regenerate'] });
  await again.waitFor();
  expect(await pressWithoutNetwork(page, async () => {}, again)).toEqual([]);
  const before = server.provider.requests.length;
  await again.click();
  await expect.poll(() => server.provider.requests.length).toBe(before + 1);
  await again.waitFor();

  await page.getByRole('button', { name: chatTexts.ko.edit }).click();
  const wording = page.getByRole('textbox', { name: chatTexts.ko.editLabel });
  const send = page.getByRole('button', { name: chatTexts.ko.editSend });
  await wording.fill('다른 말로 한 질문');
  expect(await pressWithoutNetwork(page, () => wording.press('Enter'), send)).toEqual([]);
  expect(await wording.inputValue()).toBe('다른 말로 한 질문');
  await send.click();
  await answerOf(page).getByText('다른 말로 한 질문').waitFor();
  await expect.poll(() => server.provider.requests.length).toBe(before + 2);
  expect(wrong).toEqual([]);
  await close();
});

test('a server on the same machine is asked though there is no network', async () => {
  const { page, close } = await visit(browser, server.url, { as: await server.join() });
  await page.addInitScript(() => Object.defineProperty(navigator, 'onLine', { value: false }));
  // How the app finds out: no sooner than a second after it has started.
  const found = page.waitForResponse((answer) => answer.url().endsWith('/health/live') && answer.ok());
  await page.goto('/');
  await found;
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.fill('들리나요?');
  await composer.press('Enter');
  await page.getByRole('log').locator('.prose').first().waitFor();
  expect(await composer.inputValue()).toBe('');
  await close();
});
