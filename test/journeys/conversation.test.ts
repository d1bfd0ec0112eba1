import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
import { historyTexts } from '#web/chat/history-texts.ts';
import { serverTexts } from '#web/admin/server-texts.ts';
import { shareTexts } from '#web/sessions/share-texts.ts';
import { barriersOf, photograph, texts, type VisitOptions, type Visit } from './browser.ts';
import { openHouse } from './house.ts';

const c = chatTexts.ko;
const s = shareTexts.ko;
const h = historyTexts.ko;
const t = texts.ko;
const house = openHouse(startChatServer);
let member: Client;

beforeEach(async () => {
  house.server.provider.reset();
  member = await house.server.join('하늘');
});

/** A conversation of two questions, opened in a browser. */
async function openConversation(options: VisitOptions = {}): Promise<Visit & { id: number }> {
  house.server.provider.setDefault({ text: '첫 답이에요' });
  const { body } = await member.post('/chat', { content: '처음 질문' });
  house.server.provider.setDefault({ text: '둘째 답이에요' });
  await member.post('/chat', { content: '둘째 질문', session_id: body.session_id });
  const opened = await house.visit({ as: member, ...options });
  await opened.page.goto(`/sessions/${body.session_id}`);
  await opened.page.getByText('둘째 답이에요').waitFor();
  return { ...opened, id: body.session_id };
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('an edited question is asked once, on a branch of its own, and every branch and answer stays in reach', async () => {
  const { page, wrong, close } = await openConversation();
  const log = page.getByRole('log');
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  // The latest question is edited by the arrow key; Esc leaves it as it is.
  await composer.press('ArrowUp');
  const field = log.getByRole('textbox', { name: c.editLabel });
  expect(await field.inputValue()).toBe('둘째 질문');
  await photograph(page, 'edit-question');
  expect(await barriersOf(page, 'edit-question')).toEqual([]);
  await field.press('Escape');
  await field.waitFor({ state: 'detached' });

  house.server.provider.setDefault({ text: '고친 질문의 답이에요' });
  await press(page, c.edit).first().click();
  await field.fill('고친 처음 질문');
  await field.press('Enter');
  await log.getByText('고친 질문의 답이에요').waitFor();
  expect(await log.getByText('둘째 질문').count()).toBe(0);
  await log.getByText('2/2').waitFor();
  await press(page, c.previousQuestion).click();
  await log.getByText('둘째 답이에요').waitFor();
  await log.getByText('처음 질문', { exact: true }).waitFor();

  house.server.provider.setDefault({ text: '다른 둘째 답이에요' });
  await press(page, t['chat.regenerate']).click();
  await log.getByText('다른 둘째 답이에요').waitFor();
  await press(page, c.previousAnswer).click();
  await log.getByText('둘째 답이에요', { exact: true }).waitFor();
  await photograph(page, 'pagers');
  expect(await barriersOf(page, 'pagers')).toEqual([]);
  await page.reload();
  await log.getByText('둘째 답이에요', { exact: true }).waitFor();
  await press(page, c.nextQuestion).click();
  await log.getByText('고친 질문의 답이에요').waitFor();
  expect((await member.get('/accounts/profile')).body.quota.used).toBe(4);
  expect(wrong).toEqual([]);
  await close();
});

test('a conversation is renamed, pinned, exported and deleted from its own page, and a deletion can be undone', async () => {
  const { page, id, wrong, close } = await openConversation();
  const choose = async (entry: string) => {
    await press(page, c.menu).click();
    await page.getByRole('menuitem', { name: entry }).click();
  };
  await choose(c.rename);
  await page.getByRole('textbox', { name: t['history.renameLabel'] }).fill('새 이름');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: '새 이름' }).waitFor();
  await choose(c.pin);
  await expect
    .poll(async () => (await member.get(`/sessions/${id}`)).body)
    .toMatchObject({ pinned: true, title: '새 이름' });
  const download = page.waitForEvent('download');
  await choose(c.markdown);
  const file = await (await download).path();
  expect(await readFile(file, 'utf8')).toContain('# 새 이름');
  await choose(c.delete);
  await page.waitForURL((url) => url.pathname === '/');
  await press(page, t['action.undo']).click();
  await page.waitForURL((url) => url.pathname === `/sessions/${id}`);
  expect((await member.get(`/sessions/${id}`)).status).toBe(200);
  await choose(c.delete);
  await page.waitForURL((url) => url.pathname === '/');
  // Leaving the app carries it out at once.
  await page.goto('about:blank');
  await expect.poll(async () => (await member.get(`/sessions/${id}`)).status).toBe(404);
  expect(wrong).toEqual([]);
  await close();
});

test('several conversations are chosen in the history and deleted at once, which can be undone for all of them', async () => {
  const person = await house.server.join('정리하는이');
  const ids: number[] = [];
  for (const content of ['하나를 묻기', '둘을 묻기', '셋을 묻기']) {
    ids.push((await person.post('/chat', { content })).body.session_id);
  }
  const { page, wrong, close } = await house.visit({ as: person });
  await page.goto('/chat');
  const links = page.locator('main [data-row]');
  const titles = () => links.locator('span.truncate:first-child').allInnerTexts();
  await expect.poll(titles).toEqual(['셋을 묻기', '둘을 묻기', '하나를 묻기']);
  await press(page, h.select).click();
  await page.getByRole('checkbox', { name: h.choose.replace('{title}', '하나를 묻기') }).check();
  await page.getByText('둘을 묻기').last().click();
  await page.getByText(h.chosen.replace('{n}', '2')).waitFor();
  await photograph(page, 'history-chosen');
  expect(await barriersOf(page, 'history-chosen')).toEqual([]);
  const remove = page.getByRole('main').getByRole('button', { name: t['history.delete'], exact: true });
  await remove.click();
  await press(page, t['action.undo']).click();
  await expect.poll(titles).toEqual(['셋을 묻기', '둘을 묻기', '하나를 묻기']);
  await press(page, h.select).click();
  await page.getByRole('button', { name: h.all }).click();
  await remove.click();
  await page.getByText(t['empty.history']).waitFor();
  // Leaving the app carries it out at once.
  await page.goto('about:blank');
  for (const id of ids) await expect.poll(async () => (await person.get(`/sessions/${id}`)).status).toBe(404);
  expect(wrong).toEqual([]);
  await close();
});

test("a dialog that a row's menu has opened gives the focus back to the button of the menu", async () => {
  const person = await house.server.join();
  for (const content of ['하나를 묻기', '둘을 묻기']) await person.post('/chat', { content });
  const { page, close } = await house.visit({ as: person });
  await page.goto('/chat');
  const menu = page
    .getByRole('main')
    .getByRole('button', { name: t['history.rowMenu'].replace('{title}', '하나를 묻기') });
  await menu.press('Enter');
  await page.getByRole('menuitem', { name: c.share }).press('Enter');
  const dialog = page.getByRole('dialog', { name: s.title });
  await dialog.getByRole('radio', { name: s.public }).press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => menu.evaluate((button) => button === document.activeElement)).toBe(true);
  await close();
});

test('sharing publishes a copy of what is there now, under a link that stays, until it is ended', async () => {
  const { page, id, wrong, close } = await openConversation({ permissions: ['clipboard-read', 'clipboard-write'] });
  await press(page, c.share).click();
  const dialog = page.getByRole('dialog', { name: s.title });
  await dialog.getByText(s.previewNote.replace('{n}', '2')).waitFor();
  await dialog.getByRole('radio', { name: s.public }).check();
  await expect.poll(async () => (await member.get(`/sessions/${id}`)).body.visibility).toBe('public');
  await dialog.getByRole('textbox', { name: s.pageTitle }).fill('함께 읽을 대화');
  await dialog.getByRole('checkbox', { name: s.anonymous }).check();
  await photograph(page, 'share');
  expect(await barriersOf(page, 'share')).toEqual([]);
  await press(page, s.publish).click();
  const link = dialog.getByRole('textbox', { name: s.link });
  const url = await link.inputValue();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(url);
  await photograph(page, 'shared');
  expect(await barriersOf(page, 'shared')).toEqual([]);
  const path = new URL(url).pathname;
  expect((await member.get(path)).body).toMatchObject({ title: '함께 읽을 대화', author: null, listed: false });

  await member.post('/chat', { content: '나중 질문', session_id: id });
  expect(JSON.stringify((await member.get(path)).body)).not.toContain('나중 질문');
  await press(page, s.update).click();
  await page.getByText(s.updated).waitFor();
  expect(JSON.stringify((await member.get(path)).body)).toContain('나중 질문');
  expect(await link.inputValue()).toBe(url);
  await press(page, s.revoke).click();
  await press(page, s.publish).waitFor();
  expect((await member.get(path)).status).toBe(410);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(c.share);
  await page.getByRole('banner').getByText(c.public).waitFor();
  await photograph(page, 'shared-header');
  expect(wrong).toEqual([]);
  await close();
});

test('a long conversation opens at its end, and older turns come while one reads upwards, without a jump', async () => {
  house.server.provider.setDefault({ text: '첫째 줄이에요\n\n- 하나\n- 둘\n- 셋' });
  const { body } = await member.post('/chat', { content: '질문 1' });
  for (let turn = 2; turn <= 30; turn += 1) {
    await member.post('/chat', { content: `질문 ${turn}`, session_id: body.session_id });
  }
  const { page, wrong, close } = await house.visit({ as: member });
  await page.goto(`/sessions/${body.session_id}`);
  const log = page.getByRole('log');
  const turns = log.getByRole('article');
  await log.getByText('질문 30', { exact: true }).waitFor();
  expect(await turns.count()).toBeLessThan(30);
  await expect.poll(() => log.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1);

  // What is read stays where it is while older turns come before it.
  await log.hover();
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, -400);
      return log.getByText('질문 1', { exact: true }).count();
    })
    .toBe(1);
  expect(await turns.count()).toBe(30);
  await log.evaluate((scroller) => scroller.scrollTo({ top: 0 }));
  await expect
    .poll(() =>
      log
        .getByText('질문 1', { exact: true })
        .boundingBox()
        .then((box) => box!.y > 0),
    )
    .toBe(true);
  await log.getByText('질문 2', { exact: true }).waitFor();
  await press(page, t['chat.toEnd']).click();
  await expect.poll(() => log.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1);
  expect(wrong).toEqual([]);
  await close();
});

test('the history names the bot of a conversation, where it is not the one that everybody begins with', async () => {
  const person = await house.server.join();
  await person.post('/chat', { content: '자유로운 질문' });
  const { body: drama } = await person.post('/sessions', { bot: 'stove-league' });
  await person.patch(`/sessions/${drama.id}`, { title: '팀장에게 할 말' });
  const { body: bot } = await person.get('/bots/stove-league');
  const { page, close } = await house.visit({ as: person });
  await page.goto('/chat');
  const rows = page.getByRole('main').locator('[data-row]');
  await rows.filter({ hasText: '팀장에게 할 말' }).getByText(bot.name, { exact: true }).waitFor();
  expect(await rows.getByText(bot.name, { exact: true }).count()).toBe(1);
  await photograph(page, 'history-bot');
  await close();
});

test('an answer is marked good or bad, once and for all readings; a mark that is refused is taken back', async () => {
  const { page, close } = await openConversation();
  const pressed = (name: string) => press(page, name).last().getAttribute('aria-pressed');
  await press(page, c.good).last().click();
  await expect.poll(() => pressed(c.good)).toBe('true');
  await press(page, c.bad).last().click();
  expect([await pressed(c.good), await pressed(c.bad)]).toEqual(['false', 'true']);
  await photograph(page, 'marked');
  expect(await barriersOf(page, 'marked')).toEqual([]);
  await page.reload();
  await press(page, c.bad).last().waitFor();
  expect([await pressed(c.good), await pressed(c.bad)]).toEqual(['false', 'true']);
  // Another answer has no mark yet.
  await press(page, t['chat.regenerate']).click();
  await expect.poll(() => pressed(c.bad)).toBe('false');
  await press(page, c.previousAnswer).click();
  await expect.poll(() => pressed(c.bad)).toBe('true');

  const chief = await house.visit({ as: house.server.administrator });
  await chief.page.goto('/admin/server');
  await chief.page.getByText(serverTexts.ko.marksOf.replace('{good}', '0').replace('{bad}', '1')).waitFor();
  await photograph(chief.page, 'admin-marks');
  await chief.close();

  await page.route('**/prompts/*', (route) => route.abort());
  await press(page, c.bad).last().click();
  await page.getByText(t['problem.unreachable']).waitFor();
  expect(await pressed(c.bad)).toBe('true');
  await close();
});
