import { beforeEach, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { historyTexts } from '#web/chat/history-texts.ts';
import { guidedTexts } from '#web/sessions/guided-texts.ts';
import { texts } from './browser.ts';
import { openHouse } from './house.ts';
import { compose, complete, pressEnter, writeAndEnter } from './input-method.ts';

const t = texts.ko;
const house = openHouse(startChatServer);
let member: Client;

beforeEach(async () => {
  house.server.provider.reset();
  member = await house.server.join();
});

async function openAt(path: string) {
  const opened = await house.visit({ as: member });
  const sent: string[] = [];
  opened.page.on('request', (request) => {
    if (request.method() !== 'GET') sent.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  const keys = await opened.context.newCDPSession(opened.page);
  await opened.page.goto(path);
  return { ...opened, keys, sent };
}

test('a name in Hangul is saved once and whole by one Enter, one in kana by the Enter after its completion', async () => {
  await member.post('/chat', { content: '처음 이름' });
  const { page, keys, sent, close } = await openAt('/chat');
  const row = page.getByRole('main').locator('[data-row]');
  const name = page.getByRole('textbox', { name: t['history.renameLabel'] });
  await row.press('F2');
  await name.waitFor();
  await writeAndEnter(keys, '달리기');
  await row.getByText('달리기', { exact: true }).waitFor();
  await row.press('F2');
  await name.waitFor();
  await compose(keys, 'かな');
  await pressEnter(keys, 229);
  await complete(keys, 'かな');
  expect(await name.inputValue()).toBe('かな');
  await pressEnter(keys, 13);
  await row.getByText('かな', { exact: true }).waitFor();
  const { body } = await member.get('/sessions?mine=true');
  expect(body.results.map(({ title }: { title: string }) => title)).toEqual(['かな']);
  expect(sent).toHaveLength(2);
  await close();
});

test('Esc ends a composition in a name, and only the next one the renaming', async () => {
  await member.post('/chat', { content: '처음 이름' });
  const { page, keys, sent, close } = await openAt('/chat');
  const row = page.getByRole('main').locator('[data-row]');
  const name = page.getByRole('textbox', { name: t['history.renameLabel'] });
  await row.press('F2');
  await name.waitFor();
  await complete(keys, '새 이');
  await compose(keys, '르');
  await name.evaluate((field) =>
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true })),
  );
  expect(await name.inputValue()).toContain('새 이');
  await complete(keys, '름');
  await name.press('Escape');
  await row.getByText('처음 이름').waitFor();
  expect(sent).toEqual([]);
  await close();
});

test('an answer of a guided session that ends in Hangul goes on by one step and is whole', async () => {
  const { page, keys, sent, close } = await openAt('/sessions/new?bot=planner');
  await page.getByRole('heading', { name: /1\/3/ }).waitFor();
  await page.getByRole('textbox').focus();
  await writeAndEnter(keys, '요즘 운동을 안 해요');
  await page.getByRole('heading', { name: /2\/3/ }).waitFor();
  await page.getByText('요즘 운동을 안 해요', { exact: true }).waitFor();
  expect(await page.getByRole('textbox').inputValue()).toBe('');
  // The syllable that is being composed is not taken for an empty answer.
  await page.getByRole('textbox').focus();
  await writeAndEnter(keys, '힘');
  await page.getByText(guidedTexts.ko.short).waitFor();
  expect(await page.getByRole('textbox').inputValue()).toBe('힘');
  expect(sent).toEqual([]);
  await close();
});

test('a search finds what is composed, and its Enter leads nowhere', async () => {
  await member.post('/chat', { content: '달리기를 시작해요' });
  await member.post('/chat', { content: '제주도에 가요' });
  const { page, keys, sent, close } = await openAt('/chat');
  const rows = page.getByRole('main').locator('[data-row]');
  await expect.poll(() => rows.count()).toBe(2);
  const search = page.getByRole('searchbox', { name: historyTexts.ko.search });
  await search.focus();
  await writeAndEnter(keys, '제주도');
  await rows.locator('mark').first().waitFor();
  await expect.poll(() => rows.count()).toBe(1);
  expect(await search.inputValue()).toBe('제주도');
  expect(new URL(page.url()).pathname).toBe('/chat');
  expect(sent).toEqual([]);
  await close();
});
