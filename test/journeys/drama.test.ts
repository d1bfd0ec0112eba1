import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { botTexts } from '#web/bots/bot-texts.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
import { quoteTexts } from '#web/quotes/quote-texts.ts';
import { barriersOf, photograph } from './browser.ts';
import { openHouse } from './house.ts';

const house = openHouse(startChatServer);

test('an answer of the drama bot shows the lines it draws on, at once and after a reload, and each can be copied', async () => {
  const content = '숫자로 말하는 사람을 믿어요';
  const { body: quote } = await house.server.administrator.post('/quote', {
    content,
    speaker: '분석팀',
    episode: '3화',
  });
  await house.server.administrator.put(`/quote/${quote.id}`, { status: 'applied' });
  const person = await house.server.join();
  const { page, wrong, close } = await house.visit({
    as: person,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.goto('/bots/stove-league');
  await page.getByRole('textbox', { name: botTexts.ko.question }).fill('숫자로 말하는 사람에게 어울리는 대사');
  await page.getByRole('button', { name: botTexts.ko.ask, exact: true }).click();
  const cards = page.getByRole('region', { name: chatTexts.ko.citations }).getByRole('listitem');
  await cards.getByText(content).waitFor();
  await page.reload();
  await cards.getByText('분석팀 · 3화').waitFor();
  expect(await cards.count()).toBe(1);
  await cards.getByRole('button', { name: chatTexts.ko.copyQuote.replace('{text}', content) }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`${content} (분석팀 · 3화)`);
  expect(wrong).toEqual([]);
  await close();
});

/** A conversation with the drama bot that has one answer. */
async function talkOf(person: Client, content: string): Promise<number> {
  const { body: session } = await person.post('/sessions', { bot: 'stove-league' });
  await person.post(`/sessions/${session.id}/prompts`, { content });
  return session.id;
}

test('an answer for which the board had no line says so and leads to the form, which begins with the question', async () => {
  const person = await house.server.join();
  const question = '벚꽃이 지는 저녁에 건네는 말';
  const id = await talkOf(person, question);
  for (const [colorScheme, width] of [
    ['light', 375],
    ['dark', 1280],
  ] as const) {
    const { page, wrong, close } = await house.visit({
      as: person,
      colorScheme,
      viewport: { width, height: 740 },
    });
    await page.goto(`/sessions/${id}`);
    const log = page.getByRole('log');
    await log.getByText(chatTexts.ko.noQuotes).waitFor();
    await photograph(page, `drama-no-quotes-${colorScheme}`);
    expect(await barriersOf(page, `drama-no-quotes-${colorScheme}`)).toEqual([]);
    await log.getByRole('link', { name: chatTexts.ko.requestQuote }).click();
    await page.waitForURL((url) => url.pathname === '/quote');
    const line = page.getByRole('textbox', { name: quoteTexts.ko.content });
    await expect.poll(() => line.inputValue()).toBe(question);
    expect(wrong).toEqual([]);
    await close();
  }
});

test('a conversation names the bot it is with, once, and leads to its page', async () => {
  const person = await house.server.join();
  const { body: bot } = await person.get('/bots/stove-league');
  const id = await talkOf(person, '안녕하세요');
  const long = '아주 긴 제목이 이어지면 봇의 이름과 함께 서 있을 자리가 좁아져요';
  const { page, wrong, close } = await house.visit({ as: person });
  const name = page.getByRole('banner').getByRole('link', { name: bot.name, exact: true });
  for (const [title, colorScheme, width] of [
    [bot.name, 'light', 375],
    [long, 'dark', 375],
    [long, 'light', 1280],
  ] as const) {
    await person.patch(`/sessions/${id}`, { title });
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 740 });
    await page.goto(`/sessions/${id}`);
    await name.waitFor();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title);
    expect(await page.getByRole('banner').getByText(bot.name).count()).toBe(1);
    await photograph(page, `chat-header-${colorScheme}-${width}`);
    await name.click();
    await page.waitForURL((url) => url.pathname === '/bots/stove-league');
  }
  const free = await person.post('/chat', { content: '안녕하세요' });
  await page.goto(`/sessions/${free.body.session_id}`);
  await page.getByRole('log').locator('.prose').waitFor();
  expect(await page.getByRole('banner').locator('a[href^="/bots/"]').count()).toBe(0);
  expect(wrong).toEqual([]);
  await close();
});
