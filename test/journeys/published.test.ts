import { beforeAll, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
import { galleryTexts } from '#web/sessions/gallery-texts.ts';
import { publishedTexts } from '#web/sessions/published-texts.ts';
import { shareTexts } from '#web/sessions/share-texts.ts';
import { barriersOf, photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = publishedTexts.ko;
const g = galleryTexts.ko;
const s = shareTexts.ko;
const house = openHouse(startChatServer);
let author: Client;
let reader: Client;
let sessionId: number;
let path: string;

beforeAll(async () => {
  author = await house.server.join('글쓴이');
  reader = await house.server.join('읽는이');
  house.server.provider.script({
    text: '**"꾸준함"**이 먼저예요.\n\n1. 매일 10분\n2. 주말에 한 번 더\n\n| 요일 | 할 일 |\n| - | - |\n| 월 | 걷기 |',
  });
  const { body: turn } = await author.post('/chat', { content: '달리기를 어떻게 시작하면 좋을까요?' });
  sessionId = turn.session_id;
  const { body: page } = await author.post(`/sessions/${sessionId}/snapshots`, { anonymous: true, listed: true });
  path = `/s/${page.id}`;
  await author.post('/chat', { content: '게시한 뒤에 한 비밀 질문', session_id: sessionId });
});

test('the gallery is readable without a login, filtered by bot in the address, and leads to what it shows', async () => {
  const { page, wrong, close } = await house.visit();
  await page.goto('/sessions');
  await page.getByText(g.empty).waitFor();
  expect(await barriersOf(page, 'gallery-empty')).toEqual([]);
  await author.patch(`/sessions/${sessionId}`, { visibility: 'public', title: '달리기 시작하기' });
  const { body: planner } = await author.post('/sessions', { bot: 'planner' });
  for (const content of ['요즘 운동을 거의 하지 않아요', '석 달 안에 10km를 달리고 싶어요', '']) {
    await author.post(`/sessions/${planner.id}/prompts`, { content });
  }
  await page.reload();
  const cards = page.getByRole('list', { name: g.list }).getByRole('listitem');
  const current = page.getByRole('main').locator('[aria-current=page]');
  await cards.getByText('달리기 시작하기').waitFor();
  expect(await cards.count()).toBe(2);
  await photograph(page, 'gallery');
  expect(await barriersOf(page, 'gallery')).toEqual([]);
  expect(await page.content()).not.toContain(author.email);
  await page.getByRole('navigation', { name: g.bots }).getByRole('link').nth(1).click();
  await page.waitForURL((url) => url.searchParams.get('bot') === 'free');
  await expect.poll(() => cards.count()).toBe(1);
  expect(await page.getByRole('main').locator('[aria-current=page]').allInnerTexts()).toEqual([
    g.sessions,
    '자유 대화',
  ]);
  await page.reload();
  await expect.poll(() => cards.count()).toBe(1);
  await page.getByRole('searchbox', { name: g.search }).fill('없는 낱말');
  await page.getByText(g.noResult.replace('{query}', '없는 낱말')).waitFor();
  await page.getByRole('searchbox', { name: g.search }).fill('비밀');
  await cards.getByText('달리기 시작하기').click();
  await page.waitForURL((url) => url.pathname === `/sessions/${sessionId}`);
  await page.getByText(texts.ko['chat.readOnly']).waitFor();
  await page.goto('/sessions?bot=planner');
  await cards.first().waitFor();
  // What was published is chosen by the same bot.
  await page.getByRole('link', { name: g.pages }).click();
  await expect.poll(() => current.allInnerTexts()).toEqual([g.pages, '목표 플래너']);
  await page.getByText(g.empty).waitFor();
  await photograph(page, 'gallery-pages-bot');
  await page.getByRole('navigation', { name: g.bots }).getByRole('link').nth(1).click();
  await expect.poll(() => current.allInnerTexts()).toEqual([g.pages, '자유 대화']);
  expect(new URL(page.url()).search).toBe('?view=pages&bot=free');
  await cards.getByText(g.anonymous).click();
  await page.waitForURL((url) => url.pathname === path);
  expect(wrong).toEqual([]);
  await close();
});

test('what becomes public is seen before it does, in the same words as on the page', async () => {
  const writer = await house.server.join('미리 보는 이');
  house.server.provider.script({ text: '**굵은** 첫 답' });
  const { body: turn } = await writer.post('/chat', { content: '첫 질문' });
  for (let index = 2; index <= 7; index += 1) {
    await writer.post('/chat', { content: `질문 ${index}`, session_id: turn.session_id });
  }
  const { page, wrong, close } = await house.visit({ as: writer, viewport: { width: 375, height: 667 } });
  await page.goto(`/sessions/${turn.session_id}`);
  await page.getByRole('button', { name: chatTexts.ko.share }).click();
  const preview = page.getByRole('region', { name: s.preview });
  await preview.getByText('첫 질문').first().waitFor();
  await preview.getByText('미리 보는 이').waitFor();
  expect(await preview.locator('strong').innerText()).toBe('굵은');
  await page.getByRole('checkbox', { name: s.anonymous }).check();
  await preview.getByText(t.anonymous).waitFor();
  await page.getByRole('textbox', { name: s.pageTitle }).fill('모두에게 보일 제목');
  await preview.getByText('모두에게 보일 제목').waitFor();
  expect(await preview.getByText('질문 7').count()).toBe(0);
  await preview.getByRole('button', { name: s.previewMore.replace('{n}', '2') }).press('Enter');
  await preview.getByText('질문 7', { exact: true }).waitFor();
  await preview.focus();
  await page.keyboard.press('End');
  await photograph(page, 'publish-preview');
  expect(await barriersOf(page, 'publish-preview')).toEqual([]);
  const seen = await preview.getByRole('article').allInnerTexts();
  expect(seen).toHaveLength(7);
  await page.getByRole('button', { name: s.publish }).click();
  const url = await page.getByRole('textbox', { name: s.link }).inputValue();
  await page.goto(new URL(url).pathname);
  await page.getByRole('heading', { level: 1, name: '모두에게 보일 제목' }).waitFor();
  await expect.poll(() => page.getByRole('article').allInnerTexts()).toEqual(seen);
  expect(wrong).toEqual([]);
  await close();
});

test('a published page tells nothing of its author, nothing that came later, and only little script is loaded for it', async () => {
  const { page, wrong, close } = await house.visit();
  const answers: string[] = [];
  page.on('response', async (response) => {
    if (new URL(response.url()).pathname === path) answers.push(await response.text());
  });
  await page.goto(path);
  await page.getByRole('table').waitFor();
  expect(await page.locator('strong').innerText()).toBe('"꾸준함"');
  await page.getByText(t.anonymous).waitFor();
  expect(page.url()).toBe(house.server.url + path);
  expect(await page.title()).toContain('달리기');
  expect(await page.content()).not.toMatch(/비밀 질문|글쓴이/);
  expect(answers.join()).not.toMatch(/@|user_id|session_id/);
  expect(await page.context().cookies()).toEqual([]);
  // The documentation needs no account.
  await page.getByRole('link', { name: texts.ko['nav.docs'] }).waitFor();
  await photograph(page, 'published');
  expect(await barriersOf(page, 'published')).toEqual([]);
  await page.getByRole('button', { name: t.report }).click();
  await page.getByRole('textbox', { name: t.reportReason }).fill('광고예요');
  await photograph(page, 'report');
  await page.getByRole('dialog').getByRole('button', { name: t.reportSend }).click();
  await page.getByText(t.reported).waitFor();
  expect((await house.server.administrator.get('/admin/pages')).body.results[0]).toMatchObject({ reports: 1 });
  expect(wrong).toEqual([]);
  await close();
});

test('who goes on with a page logs in and gets an own copy; its author ends it for everybody', async () => {
  const { page, close } = await house.visit();
  await page.goto(path);
  await page.getByRole('button', { name: t.goOn }).click();
  await page.waitForURL((url) => url.pathname === '/accounts/login');
  await page.getByRole('textbox', { name: texts.ko['auth.email'] }).fill(reader.email);
  await page.getByLabel(texts.ko['auth.password'], { exact: true }).fill('correct horse 7');
  await page.getByRole('button', { name: texts.ko['auth.logIn'], exact: true }).click();
  await page.waitForURL((url) => /^\/sessions\/\d+$/.test(url.pathname));
  await page.getByRole('textbox', { name: texts.ko['composer.label'] }).waitFor();
  await page.getByText('달리기를 어떻게 시작하면 좋을까요?').first().waitFor();
  expect((await reader.get('/sessions?mine=true')).body.count).toBe(1);

  const own = await house.visit({ as: author });
  await own.page.goto(path);
  await own.page.getByText(t.own).waitFor();
  await photograph(own.page, 'published-own');
  await own.page.getByRole('button', { name: t.revoke }).click();
  await own.page.getByText(t.gone).first().waitFor();
  await own.close();
  const again = await page.goto(path);
  expect(again?.status()).toBe(410);
  await page.getByText(t.gone).first().waitFor();
  await photograph(page, 'published-gone');
  expect(await barriersOf(page, 'published-gone')).toEqual([]);
  await close();
});

test.each(['light', 'dark'] as const)(
  'the public pages can be used by everybody in English (%s)',
  async (colorScheme) => {
    const { body } = await author.post(`/sessions/${sessionId}/snapshots`, {
      title: 'How to start running',
      listed: true,
    });
    const { page, close } = await house.visit({ language: 'en', colorScheme });
    for (const [name, where] of Object.entries({ gallery: '/sessions', published: `/s/${body.id}` })) {
      await page.goto(where);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('달리기').first().waitFor();
      expect(await barriersOf(page, `${name}-${colorScheme}`)).toEqual([]);
    }
    await close();
  },
);
