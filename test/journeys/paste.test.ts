import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
import { barriersOf, photograph, texts, visit, type Language, type VisitOptions } from './browser.ts';
import { openHouse } from './house.ts';

const house = openHouse(startChatServer);
let member: Client;

beforeEach(async () => {
  house.server.provider.reset();
  house.server.provider.setDefault({ text: '줄였어요' });
  member = await house.server.join();
});

const linesOf = (count: number) => Array.from({ length: count }, (_, line) => `${line + 1}번째 줄이에요`).join('\n');

/** A new conversation in a language, and what is found in it. */
async function openChat(language: Language = 'ko', options: VisitOptions = {}) {
  const opened = await house.visit({
    as: member,
    language,
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  const { page } = opened;
  const t = texts[language];
  const field = page.getByRole('textbox', { name: t['composer.label'] });
  const pieces = page.getByRole('list', { name: chatTexts[language].pasted }).getByRole('listitem');
  const button = (key: 'pastedLook' | 'pastedRemove' | 'pastedIntoField', name = '') =>
    page.getByRole('button', { name: chatTexts[language][key].replace('{text}', name) });
  const paste = async (text: string) => {
    await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
    await field.press('Control+v');
  };
  await page.goto('/');
  await page.locator('[data-quota]').waitFor();
  return { ...opened, t, field, pieces, button, paste, send: page.getByRole('button', { name: t['composer.send'] }) };
}

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.tagName);

test('a paste of 20,000 lines stands beside the field, survives a reload, and arrives whole after what was typed', async () => {
  const { page, wrong, field, pieces, paste, send, close } = await openChat();
  const pasted = linesOf(20_000);
  await field.fill('세 줄로 줄여 주세요');
  await paste(pasted);
  await pieces.getByText('붙여넣은 글 · 20,000줄').waitFor();
  await page.getByText('메시지에 붙였어요: 붙여넣은 글 · 20,000줄').waitFor({ state: 'attached' });
  expect(await field.inputValue()).toBe('세 줄로 줄여 주세요');
  await expect.poll(() => page.evaluate(() => localStorage.getItem('daesa.drafts'))).toContain('20000번째 줄');
  await page.reload();
  await pieces.getByText('붙여넣은 글 · 20,000줄').waitFor();
  expect(await field.inputValue()).toBe('세 줄로 줄여 주세요');
  await expect.poll(() => send.getAttribute('aria-disabled')).toBe(null);
  await field.press('Enter');
  const { body } = await house.server.provider.request(0);
  const message = `세 줄로 줄여 주세요\n\n${pasted}`;
  expect((body as { messages: { content: string }[] }).messages.at(-1)!.content).toBe(message);
  await page.getByRole('log').locator('.prose').waitFor();
  expect([await pieces.count(), await field.inputValue()]).toEqual([0, '']);
  // The conversation shows its beginning, and all of it to whoever wants it.
  const whole = page.getByRole('button', { name: `질문 전체 보기 · ${message.length.toLocaleString('ko-KR')}자` });
  await whole.click();
  await page.getByRole('dialog').getByText('20000번째 줄이에요').waitFor({ state: 'attached' });
  await photograph(page, 'paste-whole');
  await page.keyboard.press('Escape');
  await expect.poll(() => page.evaluate(() => localStorage.getItem('daesa.drafts'))).not.toContain('번째 줄');
  await page.reload();
  await whole.waitFor();
  expect([await pieces.count(), await field.inputValue()]).toEqual([0, '']);
  expect(wrong).toEqual([]);
  await close();
});

test.each([
  ['ko', 'light'],
  ['en', 'dark'],
] as const)('a piece beside the field has no barriers (%s, %s)', async (language, colorScheme) => {
  const { page, pieces, paste, button, close } = await openChat(language, { colorScheme });
  await paste(linesOf(600));
  await pieces.waitFor();
  await photograph(page, `paste-${language}-${colorScheme}`);
  expect(await barriersOf(page, `paste-${language}-${colorScheme}`)).toEqual([]);
  await button('pastedLook').click();
  await page.getByRole('dialog').getByText('600번째').waitFor({ state: 'attached' });
  expect(await barriersOf(page, `paste-seen-${language}-${colorScheme}`)).toEqual([]);
  await close();
});

test('by the keyboard alone a piece is looked at, taken away, brought back, and put into the field', async () => {
  const { page, t, field, pieces, button, paste, close } = await openChat();
  await paste('짧은 글');
  expect([await field.inputValue(), await pieces.count()]).toEqual(['짧은 글', 0]);
  await paste(linesOf(600));
  await pieces.waitFor();
  for (const key of ['pastedRemove', 'pastedIntoField', 'pastedLook'] as const) {
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toBe(await button(key).getAttribute('aria-label'));
  }
  await button('pastedLook').press('Enter');
  await page.getByRole('dialog').getByRole('region').waitFor();
  await page.getByRole('dialog').press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await focused(page)).toBe(await button('pastedLook').getAttribute('aria-label'));
  await button('pastedRemove').press('Enter');
  await pieces.waitFor({ state: 'detached' });
  expect(await focused(page)).toBe('TEXTAREA');
  await page.getByRole('button', { name: t['action.undo'] }).press('Enter');
  await pieces.waitFor();
  await button('pastedIntoField').press('Enter');
  await pieces.waitFor({ state: 'detached' });
  expect(await field.inputValue()).toBe(`짧은 글\n\n${linesOf(600)}`);
  await close();
});

test('a message that is too long says so before it is sent, and a refused one comes back as it was', async () => {
  const { page, field, pieces, button, paste, send, close } = await openChat();
  await paste('가'.repeat(400_000));
  const alert = page.getByRole('alert');
  await alert.getByText('15% 길어요').waitFor();
  expect(await send.getAttribute('aria-disabled')).toBe('true');
  expect(await send.getAttribute('aria-describedby')).toBe(await alert.getAttribute('id'));
  await field.press('Enter');
  expect([await pieces.count(), house.server.provider.requests.length]).toEqual([1, 0]);
  await button('pastedRemove').click();
  await alert.waitFor({ state: 'detached' });
  await field.fill('줄여 주세요');
  await paste(linesOf(600));
  await page.route('**/chat/stream', (route) => route.abort('connectionreset'));
  await send.click();
  await alert.waitFor();
  expect([await field.inputValue(), await pieces.count()]).toEqual(['줄여 주세요', 1]);
  await page.unroute('**/chat/stream');
  await page.getByRole('button', { name: texts.ko['action.resend'] }).click();
  const { body } = await house.server.provider.request(0);
  expect((body as { messages: { content: string }[] }).messages.at(-1)!.content).toBe(`줄여 주세요\n\n${linesOf(600)}`);
  await close();
});

test('text files that are dropped on the field stand beside it, and other files are named as what they are', async () => {
  const { page, wrong, field, pieces, close } = await openChat();
  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['첫째 줄\n둘째 줄\n'], '메모.txt', { type: 'text/plain' }));
    data.items.add(new File([new Uint8Array([0x89, 0x50, 0, 0xff])], '그림.png', { type: 'image/png' }));
    return data;
  });
  await field.dispatchEvent('drop', { dataTransfer: dropped });
  await pieces.getByText('붙여넣은 글 · 2줄').waitFor();
  await page.getByRole('alert').getByText(chatTexts.ko.notText).waitFor();
  expect([await pieces.count(), await field.inputValue(), page.url()]).toEqual([1, '', `${house.server.url}/`]);
  expect(wrong).toEqual([]);
  await close();
});

test('what a guest pastes is still there after the login that sending it takes', async () => {
  const { page, close } = await house.visit({ permissions: ['clipboard-read', 'clipboard-write'] });
  const field = page.getByRole('textbox', { name: texts.ko['composer.label'] });
  await page.goto('/');
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), linesOf(600));
  await field.press('Control+v');
  const piece = page.getByRole('listitem').getByText('붙여넣은 글 · 600줄');
  await piece.waitFor();
  await field.press('Enter');
  await page.waitForURL('**/accounts/login**');
  await page.getByRole('textbox', { name: texts.ko['auth.email'] }).fill(member.email);
  await page.getByLabel(texts.ko['auth.password'], { exact: true }).fill('correct horse 7');
  await page.getByLabel(texts.ko['auth.password'], { exact: true }).press('Enter');
  await piece.waitFor();
  expect(new URL(page.url()).pathname).toBe('/');
  expect(house.server.provider.requests.length).toBe(0);
  await close();
});

test('a server that takes less says so, and the message stays', async () => {
  const small = await startChatServer({ env: { BODY_LIMIT_BYTES: '100000' } });
  const { page, close } = await visit(house.browser, small.url, {
    as: await small.join(),
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const field = page.getByRole('textbox', { name: texts.ko['composer.label'] });
  await page.goto('/');
  await page.locator('[data-quota]').waitFor();
  await page.evaluate(() => navigator.clipboard.writeText('가'.repeat(60_000)));
  await field.press('Control+v');
  const piece = page.getByRole('listitem').getByText('붙여넣은 글 · 60,000자');
  await piece.waitFor();
  await field.press('Enter');
  await page.getByRole('alert').getByText(texts.ko['problem.tooLarge']).waitFor();
  expect([await piece.count(), small.provider.requests.length]).toEqual([1, 0]);
  await close();
  await small.close();
});

test('a long question on a published page is shown by its beginning, and as a whole to whoever wants it', async () => {
  const question = linesOf(600);
  const { body: turn } = await member.post('/chat', { content: question });
  const { body: published } = await member.post(`/sessions/${turn.session_id}/snapshots`, {});
  const { page, wrong, close } = await house.visit();
  await page.goto(`/s/${published.id}`, { waitUntil: 'networkidle' });
  await page.locator('main#main').waitFor();
  expect(await page.getByText('12번째 줄이에요…').count()).toBe(1);
  expect(await page.locator('main').textContent()).not.toContain('13번째 줄');
  await page.getByRole('button', { name: `질문 전체 보기 · ${question.length.toLocaleString('ko-KR')}자` }).click();
  await page.getByRole('dialog').getByText('600번째 줄이에요').waitFor({ state: 'attached' });
  expect(wrong).toEqual([]);
  await close();
});
