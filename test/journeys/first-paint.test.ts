import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { Client } from '#test/client.ts';
import { startChatServer } from '#test/chat-server.ts';
import { galleryTexts } from '#web/sessions/gallery-texts.ts';
import { scriptsOfApp, texts, type Language } from './browser.ts';
import { openHouse } from './house.ts';

const question = '</script><h1>달리기</h1> & <b>걷기</b>';
const house = openHouse(startChatServer);
let author: Client;
let published: string;
let conversation: string;

beforeAll(async () => {
  author = await house.server.join('글쓴이');
  house.server.provider.script({ text: '천천히 걷는 것부터 시작해요.' });
  const { body: turn } = await author.post('/chat', { content: question });
  const { body: page } = await author.post(`/sessions/${turn.session_id}/snapshots`, { title: '<i>첫</i> 걸음' });
  published = `/s/${page.id}`;
  conversation = `/sessions/${turn.session_id}`;
});

/** What a heading or a line says, and where it stands. */
interface Place {
  text: string;
  at: number[];
}

async function placesOf(page: Page, found: string[]): Promise<Place[]> {
  await page.evaluate(() => document.fonts.ready);
  return page.evaluate(
    (selectors) =>
      selectors.map((selector) => {
        const element = document.querySelector<HTMLElement>(`#root ${selector}`)!;
        const { x, y, width, height } = element.getBoundingClientRect();
        return { text: element.textContent!.trim(), at: [x, y, width, height].map(Math.round) };
      }),
    found,
  );
}

const typeface = (page: Page) => page.locator('html[data-typeface="own"]');

/** Counts the frames in which a heading that had been painted was not there. */
function countGaps(): void {
  const seen = { heading: false, gaps: 0 };
  Object.assign(window, { seen });
  const look = () => {
    const there = document.querySelector('#root h1') !== null;
    if (seen.heading && !there) seen.gaps += 1;
    seen.heading ||= there;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

interface Screen {
  name: string;
  path: () => string;
  says: (language: Language) => string;
  /** What has to stay where it is. */
  found?: string[];
  member?: boolean;
}
const heading = ['h1', 'h1 + p'];
const chat = ['nav a[href="/bots"]', 'main li:last-child', 'main p.text-center'];
const screens: Screen[] = [
  { name: 'login', path: () => '/accounts/login', says: (language) => texts[language]['auth.why'] },
  {
    name: 'login for a place',
    path: () => '/accounts/login?next=%2Fkeys',
    says: (language) => texts[language]['auth.need'],
  },
  { name: 'joining', path: () => '/accounts/join', says: (language) => texts[language]['auth.joinNote'] },
  { name: 'the gallery', path: () => '/sessions', says: (language) => galleryTexts[language].lead },
  {
    name: 'a published page',
    path: () => published,
    says: () => '천천히 걷는 것부터',
    found: ['h1', 'article p', '.prose p'],
  },
  {
    name: 'an empty chat of a guest',
    path: () => '/',
    says: (language) => texts[language]['chat.greeting'],
    found: ['main > p', ...chat],
  },
  {
    name: 'an empty chat of a member',
    path: () => '/',
    says: (language) => texts[language]['chat.greetingName'].replace('{name}', '글쓴이'),
    found: ['main > p', ...chat],
    member: true,
  },
  {
    name: 'a conversation',
    path: () => conversation,
    says: () => '천천히 걷는 것부터',
    found: ['h1', 'nav a[href="/bots"]', 'article p', '.prose p', 'main p.text-center'],
    member: true,
  },
];
const cases = screens.map((screen, index) => ({ ...screen, language: (['ko', 'en'] as const)[index % 2]! }));

test.each(cases)('$name ($language) is read before the app is there, which changes nothing of it', async (each) => {
  const { found = heading, language } = each;
  const { page, wrong, close } = await house.visit({ language, ...(each.member ? { as: author } : {}) });
  // The typeface comes with the first visit.
  await page.goto('/accounts/login');
  await typeface(page).waitFor();
  // The scripts of the app never come: what is read is what stands there before them.
  await page.route(scriptsOfApp, () => {});
  await page.goto(each.path(), { waitUntil: 'domcontentloaded' });
  await page.getByText(each.says(language)).waitFor();
  const before = await placesOf(page, found);
  expect(await page.title()).not.toBe('');
  // What is typed would be lost with the field.
  expect(await page.locator('input, textarea').count()).toBe(0);
  await page.unroute(scriptsOfApp);
  await page.addInitScript(countGaps);
  await page.goto(each.path(), { waitUntil: 'networkidle' });
  await page.getByText(each.says(language)).waitFor();
  // Only the app's own has a name.
  await page.locator('main#main').waitFor();
  expect(await placesOf(page, found)).toEqual(before);
  expect(await page.evaluate(() => (window as unknown as { seen: object }).seen)).toEqual({ heading: true, gaps: 0 });
  expect(wrong).toEqual([]);
  await close();
});

test('what people wrote is text in the page that the server gives, and is not asked for again', async () => {
  const { page, close } = await house.visit();
  const asked: string[] = [];
  page.on('request', (request) => request.resourceType() === 'fetch' && asked.push(new URL(request.url()).pathname));
  await page.goto(published, { waitUntil: 'networkidle' });
  await page.getByText(question).waitFor();
  expect(await page.locator('#root h1').allTextContents()).toEqual(['<i>첫</i> 걸음']);
  expect(asked).not.toContain(published);
  await close();
});

test('what came before the app is not asked for again', async () => {
  const { page, close } = await house.visit({ as: author });
  const asked: string[] = [];
  page.on('request', (request) => request.resourceType() === 'fetch' && asked.push(new URL(request.url()).pathname));
  await page.goto(conversation, { waitUntil: 'networkidle' });
  await page.getByRole('log').getByText(question).waitFor();
  expect(asked.filter((path) => path === conversation || path === '/accounts/profile')).toEqual([
    '/accounts/profile',
    conversation,
  ]);
  await close();
});

test('a conversation that nobody may read looks like none before the app is there, too', async () => {
  const { page, close } = await house.visit();
  await page.route(scriptsOfApp, () => {});
  const answered = page.waitForResponse((answer) => answer.url().endsWith(conversation) && answer.status() === 404);
  await page.goto(conversation, { waitUntil: 'domcontentloaded' });
  await answered;
  await page.locator('.skeleton').first().waitFor();
  expect(await page.locator('#root').textContent()).not.toContain('달리기');
  await page.unroute(scriptsOfApp);
  await page.goto(conversation);
  await page.waitForURL('**/accounts/login?next=*');
  await close();
});

test('the first visit is read in the font of the system until the own typeface is there, later ones have it at once', async () => {
  const { page, close } = await house.visit({ as: author });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const isPart = (path: string) => path.endsWith('.woff2');
  const family = () => page.evaluate(() => getComputedStyle(document.querySelector('#root h1')!).fontFamily);
  await page.route(scriptsOfApp, () => {});
  await page.goto(conversation, { waitUntil: 'domcontentloaded' });
  await page.getByText('천천히 걷는 것부터').waitFor();
  expect(await family()).not.toContain('Pretendard');
  expect(asked.filter(isPart)).toEqual([]);
  await page.unroute(scriptsOfApp);
  await page.goto(conversation);
  await typeface(page).waitFor();
  expect(await family()).toContain('Pretendard');
  expect(asked.filter(isPart).length).toBeGreaterThan(0);
  const missing = () =>
    page.evaluate(() => !document.fonts.check('1em "Pretendard Variable"', document.body.innerText));
  expect(await missing()).toBe(false);
  await page.route(scriptsOfApp, () => {});
  await page.goto(conversation, { waitUntil: 'domcontentloaded' });
  await page.getByText('천천히 걷는 것부터').waitFor();
  expect(await family()).toContain('Pretendard');
  await close();
});

test('a page whose typeface does not come works in the font of the system', async () => {
  const { page, wrong, close } = await house.visit({ as: author });
  await page.addInitScript(() => localStorage.setItem('daesa.typeface', '/assets/typeface-of-yesterday.css'));
  await page.route(/typeface-[^/]+\.css/, (route) => route.abort());
  await page.goto(conversation);
  await page.locator('main#main').waitFor();
  await page.getByText('천천히 걷는 것부터').waitFor();
  expect(wrong).toEqual([]);
  await close();
});

test('the app starts in a tab that nobody looks at, and where what is known can not be shown', async () => {
  const { page, context, close } = await house.visit({ as: author });
  // Nothing is painted in such a tab: no frame ever comes.
  await page.addInitScript(() => {
    Object.defineProperty(document, 'hidden', { value: true });
    window.requestAnimationFrame = () => 0;
  });
  await page.goto(conversation);
  await page.locator('main#main').waitFor();
  const other = await context.newPage();
  await other.addInitScript(() => localStorage.setItem('daesa.profile', 'no JSON'));
  await other.goto('/');
  await other.locator('main#main').waitFor();
  expect(await other.locator('h1').count()).toBe(1);
  await close();
});
