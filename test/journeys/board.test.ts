import { beforeAll, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { quoteTexts } from '#web/quotes/quote-texts.ts';
import { barriersOf, photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = quoteTexts.ko;
const house = openHouse(startChatServer);
let member: Client;
let other: Client;

beforeAll(async () => {
  member = await house.server.join('하늘');
  other = await house.server.join('바다');
});

const voteFor = (text: string) => new RegExp(t.vote.replace('{text}', text));

test('a guest is invited by the empty board, writes, logs in when sending, and finds the text again', async () => {
  const { page, wrong, close } = await house.visit();
  await page.goto('/quote');
  await page.getByText(t['empty.all']).waitFor();
  expect(await barriersOf(page, 'board-empty')).toEqual([]);
  await photograph(page, 'board-empty');
  await page.getByRole('main').getByRole('link', { name: t.write }).first().click();
  await page.getByRole('textbox', { name: t.content }).fill('꿈은 크게');
  await page.goBack();
  await page.getByRole('textbox', { name: t.content }).waitFor({ state: 'detached' });
  expect(new URL(page.url()).pathname).toBe('/quote');
  await page.getByRole('main').getByRole('link', { name: t.write }).first().click();
  expect(await page.getByRole('textbox', { name: t.content }).inputValue()).toBe('꿈은 크게');
  await page.getByRole('button', { name: t.login }).click();
  await page.waitForURL((url) => url.pathname === '/accounts/login');
  await page.getByRole('textbox', { name: texts.ko['auth.email'] }).fill(member.email);
  await page.getByLabel(texts.ko['auth.password'], { exact: true }).fill('correct horse 7');
  await page.getByRole('button', { name: texts.ko['auth.logIn'], exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/quote');
  await expect.poll(() => page.getByRole('textbox', { name: t.content }).inputValue()).toBe('꿈은 크게');
  expect((await member.get('/quote')).body.count).toBe(0);
  expect(wrong).toEqual([]);
  await close();
});

test('a line that is composed in Hangul is requested once, and whoever writes the same one is shown it to vote for', async () => {
  const { page, context, close, wrong } = await house.visit({ as: member });
  await page.goto('/quote?write=yes');
  const field = page.getByRole('textbox', { name: t.content });
  await page.getByRole('button', { name: t.submit }).click();
  await page.getByText(t.contentMissing).waitFor();
  await field.focus();
  const keys = await context.newCDPSession(page);
  await keys.send('Input.insertText', { text: '<b>돈이 없는 게 아니라 의지가 없는 거예' });
  await keys.send('Input.imeSetComposition', { text: '요', selectionStart: 1, selectionEnd: 1 });
  const press = { key: 'Enter', code: 'Enter', modifiers: 2, windowsVirtualKeyCode: 229 };
  await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...press });
  await keys.send('Input.insertText', { text: '요' });
  await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...press, windowsVirtualKeyCode: 13 });
  const row = page.getByRole('listitem').filter({ hasText: '<b>돈이 없는 게 아니라 의지가 없는 거예요' });
  await row.waitFor();
  expect((await member.get('/quote')).body.count).toBe(1);

  const guest = await house.visit({ as: other });
  await guest.page.goto(
    '/quote?write=yes&text=%EB%8F%88%EC%9D%B4%20%EC%97%86%EB%8A%94%20%EA%B2%8C%20%EC%95%84%EB%8B%88%EB%9D%BC',
  );
  await guest.page.getByText(t.same).waitFor();
  await photograph(guest.page, 'board-similar');
  expect(await barriersOf(guest.page, 'board-similar')).toEqual([]);
  const vote = guest.page.getByRole('list', { name: t.list }).getByRole('button', { name: voteFor('<b>돈이') });
  await vote.click();
  await expect.poll(() => vote.getAttribute('aria-pressed')).toBe('true');
  await vote.press('Enter');
  await expect.poll(async () => (await member.get('/quote')).body.results[0].votes).toBe(0);
  await vote.press(' ');
  await guest.page.reload();
  await expect.poll(() => vote.getAttribute('aria-pressed')).toBe('true');
  await vote.getByText('1', { exact: true }).waitFor();
  await guest.page.getByRole('navigation', { name: t.filter }).getByRole('link', { name: t.voted }).click();
  await guest.page.waitForURL(/voted=true/);
  await vote.waitFor();
  await guest.page.getByRole('navigation', { name: t.filter }).getByRole('link', { name: t.mine }).click();
  await guest.page.getByText(t['empty.mine']).waitFor();
  expect([...wrong, ...guest.wrong]).toEqual([]);
  await guest.close();
  await close();
});

test('the administrator answers and decides; the person who asked reads of it, and votes end', async () => {
  const { body: twin } = await other.post('/quote', {
    content: '돈이 없는 게 아니라 의지가 없는 거예요!',
    speaker: '단장',
  });
  await other.put(`/quote/${twin.id}/vote`);
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/quote');
  const row = page.getByRole('listitem').filter({ hasText: '<b>돈이' });
  const open = async (entry: string) => {
    await row.getByRole('button', { name: t.menu.slice(-2) }).click();
    await page.getByRole('menuitem', { name: entry }).click();
  };
  await open(t.merge);
  await page
    .getByRole('dialog')
    .getByRole('radio', { name: /의지가 없는 거예요!/ })
    .check();
  await page.getByRole('dialog').getByRole('button', { name: t.mergeNow }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const target = page.getByRole('listitem').filter({ hasText: '거예요!' });
  // Voted for by the same person before: counted once.
  await target.getByRole('button', { name: /추천 1개/ }).waitFor();
  await expect.poll(() => row.count()).toBe(0);

  await target.getByRole('button', { name: t.menu.slice(-2) }).click();
  await page.getByRole('menuitem', { name: t.decide }).click();
  await page.getByRole('radio', { name: t.applied }).check();
  await page.getByRole('textbox', { name: t.reply }).fill('좋은 대사예요. 고마워요!');
  await photograph(page, 'board-decide');
  expect(await barriersOf(page, 'board-decide')).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: t.save }).click();
  // The dialog has the same words as the row.
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await target.getByText(t.applied).waitFor();
  await expect.poll(() => target.getByRole('button', { name: voteFor('') }).count()).toBe(0);
  expect(wrong).toEqual([]);
  await close();

  const asker = await house.visit({ as: other });
  await asker.page.goto('/');
  await asker.page.getByRole('link', { name: texts.ko['nav.boardNews'] }).click();
  await asker.page.getByText(t['notice.applied']).waitFor();
  await asker.page.getByText('좋은 대사예요. 고마워요!').first().waitFor();
  await photograph(asker.page, 'board-notice');
  expect(await barriersOf(asker.page, 'board-notice')).toEqual([]);
  await asker.page.getByRole('button', { name: t.noticesRead }).click();
  await asker.page.getByText(t['notice.applied']).waitFor({ state: 'detached' });
  await asker.page.getByRole('navigation', { name: t.filter }).getByRole('link', { name: t.declined }).click();
  await asker.page.getByText(t['empty.declined']).waitFor();
  expect(asker.page.url()).toContain('status=declined');
  await asker.close();
});

test.each(['light', 'dark'] as const)('the board can be used by everybody (%s)', async (colorScheme) => {
  await member.post('/quote', {
    content: '강한 사람이 이기는 게 아니라 이기는 사람이 강한 거예요',
    speaker: '감독',
    episode: '5회',
    situation: '경기 전',
  });
  const { page, close } = await house.visit({ as: member, colorScheme, language: 'en' });
  await page.goto('/quote?sort=new');
  await page.getByRole('list', { name: quoteTexts.en.list }).getByRole('listitem').first().waitFor();
  expect(await barriersOf(page, `board-${colorScheme}`)).toEqual([]);
  await photograph(page, `board-${colorScheme}`);
  await close();
});

test.each(['server', 'network'] as const)(
  'a vote is shown at once, and taken back with the reason where the %s refuses it',
  async (refuses) => {
    const content = `${refuses} 앞에서도 꿈은 커요`;
    const { body: wanted } = await other.post('/quote', { content });
    const { page, wrong, close } = await house.visit({ as: member });
    await page.goto('/quote?sort=new');
    const vote = page.getByRole('button', { name: voteFor(content) }).first();
    await vote.getByText('0', { exact: true }).waitFor();
    // Decided meanwhile: nobody can vote any more.
    if (refuses === 'server') await house.server.administrator.put(`/quote/${wanted.id}`, { status: 'declined' });
    const { promise: seen, resolve: goOn } = Promise.withResolvers<void>();
    await page.route('**/quote/*/vote', async (route) => {
      await seen;
      await (refuses === 'server' ? route.continue() : route.abort('connectionreset'));
    });
    await vote.click();
    await expect.poll(() => vote.getAttribute('aria-pressed')).toBe('true');
    await vote.getByText('1', { exact: true }).waitFor();
    goOn();
    const reason = texts.ko[refuses === 'server' ? 'problem.conflict' : 'problem.unreachable'];
    await page.getByRole('alert').getByText(reason).waitFor();
    expect(await vote.getAttribute('aria-pressed')).toBe('false');
    expect(await vote.getByText('0', { exact: true }).count()).toBe(1);
    expect((await member.get(`/quote/${wanted.id}`)).body.votes).toBe(0);
    expect(wrong).toEqual([]);
    await close();
  },
);
