import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { guidedTexts } from '#web/sessions/guided-texts.ts';
import { barriersOf, photograph, texts } from './browser.ts';

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  server = await startServer();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  // The first account of a server administrates it, without a limit of questions.
  await joinAs(server.url);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});
beforeEach(async () => {
  context = await browser.newContext({ locale: 'ko-KR', baseURL: server.url });
  page = await context.newPage();
});
afterEach(() => context.close());

async function joinInBrowser(): Promise<void> {
  await page.request.post('/accounts/join', {
    data: {
      email: `${crypto.randomUUID()}@example.com`,
      password: 'long enough 7',
      nickname: '달리는사람',
      session: 'cookie',
    },
    headers: { origin: server.url },
  });
}

const answers = ['요즘 운동을 거의 하지 않아요', '석 달 안에 10km를 달리고 싶어요', '평일에는 한 시간만 있어요'];

async function answer(text: string): Promise<void> {
  await page.getByRole('textbox').fill(text);
  await page.getByRole('textbox').press('Enter');
}

test('answers survive a reload, and only the confirmed summary asks the model, once', async () => {
  await joinInBrowser();
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(new URL(request.url()).pathname));
  await page.goto('/sessions/new?bot=planner');
  await answer('');
  await page.getByText('이 질문에는 답이 필요해요').waitFor();
  await answer(answers[0]!);
  await page.getByRole('heading', { name: /2\/3/ }).waitFor();
  await page.reload();
  await page.getByText('이어서 할까요?').waitFor();
  await page.getByText(answers[0]!).waitFor();
  await answer(answers[1]!);
  await page.getByRole('heading', { name: /3\/3/ }).waitFor();
  await answer(answers[2]!);
  await page.getByRole('heading', { name: '이렇게 물어볼게요' }).waitFor();
  await page.getByRole('button', { name: /^수정/ }).first().click();
  await answer('일주일에 한 번 걸어요');
  await page.getByRole('heading', { name: '이렇게 물어볼게요' }).waitFor();
  await page.getByText(answers[2]!).waitFor();
  expect(posts).toEqual([]);
  await page.getByRole('button', { name: '이대로 물어보기' }).click();
  await page.waitForURL(/\/sessions\/\d+$/);
  await page.getByText('일주일에 한 번 걸어요').first().waitFor();
  expect(posts.filter((path) => path.endsWith('/ask'))).toHaveLength(1);
  const quota = (await (await page.request.get('/accounts/profile')).json()) as { quota: { used: number } };
  expect(quota.quota.used).toBe(1);
});

test('what a guest has answered is there after a login that returns on a fresh page', async () => {
  await page.goto('/sessions/new?bot=planner');
  await answer(answers[0]!);
  await page.getByRole('heading', { name: /2\/3/ }).waitFor();
  await page.getByRole('textbox').fill('손님이 쓰다 만 답');
  // Leaving writes what is not written yet.
  await page.goto('about:blank');
  await joinInBrowser();
  await page.goto('/sessions/new?bot=planner');
  await page.getByRole('heading', { name: /2\/3/ }).waitFor();
  await page.getByText(answers[0]!).waitFor();
  expect(await page.getByRole('textbox').inputValue()).toBe('손님이 쓰다 만 답');
});

test('a guest who asks logs in on the way, finds every answer again, and nothing is sent before the word for it', async () => {
  const person = await joinAs(server.url);
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(new URL(request.url()).pathname));
  await page.goto('/sessions/new?bot=planner');
  for (const each of answers) await answer(each);
  await page.getByRole('button', { name: guidedTexts.ko.login }).click();
  await page.waitForURL((url) => url.pathname === '/accounts/login');
  await page.getByRole('textbox', { name: texts.ko['auth.email'] }).fill(person.email);
  await page.getByLabel(texts.ko['auth.password'], { exact: true }).fill('correct horse 7');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => `${url.pathname}${url.search}` === '/sessions/new?bot=planner');
  await page.getByRole('heading', { name: guidedTexts.ko.summary }).waitFor();
  for (const each of answers) await page.getByText(each).waitFor();
  expect(posts).toEqual(['/accounts/login']);
  await page.getByRole('button', { name: guidedTexts.ko.ask }).click();
  await page.waitForURL(/\/sessions\/\d+$/);
  await page.getByRole('log').locator('.prose').waitFor();
  expect(posts.filter((path) => path.endsWith('/ask'))).toHaveLength(1);
});

test('a question that got lost on its way is asked again under the same key', async () => {
  await joinInBrowser();
  await page.goto('/sessions/new?bot=planner');
  for (const each of answers) await answer(each);
  const keys: (string | undefined)[] = [];
  await page.route('**/sessions/*/ask', (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    return keys.length === 1 ? route.abort('connectionreset') : route.continue();
  });
  const ask = page.getByRole('button', { name: guidedTexts.ko.ask });
  await ask.click();
  await page.getByRole('alert').waitFor();
  await ask.click();
  await page.waitForURL(/\/sessions\/\d+$/);
  expect(keys).toEqual([expect.stringMatching(/^[\w-]{36}$/), keys[0]]);
});

test('a session that was left days ago is gone on with from the history, and shows what was asked beside each answer', async () => {
  await joinInBrowser();
  const headers = { origin: server.url };
  const made = await page.request.post('/sessions', { data: { bot: 'planner' }, headers });
  const { id } = (await made.json()) as { id: number };
  for (const content of answers.slice(0, 2)) {
    await page.request.post(`/sessions/${id}/prompts`, { data: { content }, headers });
  }
  await page.goto(`/sessions/${id}`);
  await page.getByText('아직 물어보지 않았어요').waitFor();
  const { results } = (await (await page.request.get('/bots')).json()) as {
    results: { slug: string; intake: { question: string }[] }[];
  };
  const asked = results.find(({ slug }) => slug === 'planner')!.intake.map(({ question }) => question);
  const log = page.getByRole('log');
  await log.getByText(asked[0]!).waitFor();
  await photograph(page, 'guided-not-asked');
  expect(await barriersOf(page, 'guided-not-asked')).toEqual([]);
  await page.getByRole('link', { name: '이어서 답하기' }).click();
  await page.getByRole('heading', { name: /3\/3/ }).waitFor();
  await page.getByRole('textbox').fill('주말에는 시간이 많아요');
  await page.reload();
  await page.getByRole('heading', { name: /3\/3/ }).waitFor();
  expect(await page.getByRole('textbox').inputValue()).toBe('주말에는 시간이 많아요');
  await page.getByRole('textbox').fill('');
  await answer('');
  await page.getByRole('button', { name: `수정: ${asked[1]}` }).click();
  await answer('석 달 안에 5km를 달리고 싶어요');
  await photograph(page, 'guided-summary');
  await page.getByRole('button', { name: '이대로 물어보기' }).click();
  await page.waitForURL((url) => url.pathname === `/sessions/${id}`);
  await log.locator('.prose').waitFor();
  for (const question of asked) await log.getByText(question).waitFor();
  await log.getByText('5km').first().waitFor();
  await photograph(page, 'guided-asked');
  expect(await barriersOf(page, 'guided-asked')).toEqual([]);
});

test('digits pick an example and Alt+← goes back, unless shortcuts are switched off', async () => {
  await joinInBrowser();
  await page.goto('/sessions/new?bot=planner');
  await page.getByRole('heading', { name: /1\/3/ }).waitFor();
  const field = page.getByRole('textbox');
  const body = page.locator('body');
  await body.press('1');
  await expect.poll(() => field.inputValue()).not.toBe('');
  await field.press('Enter');
  await page.getByRole('heading', { name: /2\/3/ }).waitFor();
  await body.press('Alt+ArrowLeft');
  await page.getByRole('heading', { name: /1\/3/ }).waitFor();
  await field.press('Enter');
  await page.getByRole('heading', { name: /2\/3/ }).waitFor();

  await body.press('Control+/');
  const help = page.getByRole('dialog', { name: texts.ko['keys.title'] });
  await help.getByRole('checkbox').press('Space');
  await help.getByRole('checkbox').press('Escape');
  await help.waitFor({ state: 'detached' });
  await body.press('1');
  await body.press('Alt+ArrowLeft');
  // What the keys would have done comes before what is typed afterwards.
  await field.pressSequentially('직접 쓴 답');
  expect(await field.inputValue()).toBe('직접 쓴 답');
  await page.getByRole('heading', { name: /2\/3/ }).waitFor();
});

test.each(['light', 'dark'] as const)('the guided session can be used by everybody (%s)', async (colorScheme) => {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('/sessions/new?bot=planner');
  await page.getByRole('heading', { name: /1\/3/ }).waitFor();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  const fits = await page.evaluate('document.documentElement.scrollWidth <= innerWidth');
  expect(fits).toBe(true);
});
