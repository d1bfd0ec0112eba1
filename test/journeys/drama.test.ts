import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { botTexts } from '#web/bots/bot-texts.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
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
