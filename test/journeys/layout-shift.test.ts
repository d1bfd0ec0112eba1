import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { texts } from './browser.ts';
import { openHouse } from './house.ts';
import { furnish, screens, type Made } from './screens.ts';

const t = texts.ko;
/** What web.dev calls good. */
const MOST = 0.1;
const house = openHouse(startChatServer);
let person: Client;
let made: Made & { short: number };

beforeAll(async () => {
  person = await house.server.join();
  const { body } = await person.post('/chat', { content: '짧은 질문' });
  await person.post('/chat', { content: '또 하나', session_id: body.session_id });
  made = { ...(await furnish(house.server, person)), short: body.session_id };
}, 60_000);

interface Shifts {
  shifts: { value: number; what: string[] }[];
}

/** Writes down what moves by itself; has to run before the page's scripts. */
function watchShifts(): void {
  const shifts: Shifts['shifts'] = [];
  Object.assign(window, { shifts });
  interface Shift extends PerformanceEntry {
    value: number;
    hadRecentInput: boolean;
    sources: { node: Node | null }[];
  }
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Shift[]) {
      if (entry.hadRecentInput) continue;
      const what = entry.sources.map(({ node }) => `${node?.nodeName} ${node?.textContent?.slice(0, 40)}`);
      shifts.push({ value: entry.value, what });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Everything that has moved, and where it is too much, what. */
async function moved(page: Page, most = MOST): Promise<string[]> {
  // What was painted last is reported after its frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const shifts = await page.evaluate(() => (window as unknown as Shifts).shifts);
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  return sum <= most ? [] : shifts.map(({ value, what }) => `${value.toFixed(3)}: ${what.join(', ')}`);
}

const names = new Set([
  'answer',
  'history',
  'gallery',
  'published',
  'board',
  'bots',
  'profile',
  'keys',
  'usage',
  'guided',
]);

test.each(screens.filter(({ name }) => names.has(name)))(
  'nothing jumps from skeleton to content: $name',
  async ({ path, as, ready = 'h1' }) => {
    const { page, close } = await house.visit(as === 'guest' ? {} : { as: person });
    await page.addInitScript(watchShifts);
    // Late enough for the skeleton to be seen.
    await page.route('**/*', async (route) => {
      if (route.request().resourceType() !== 'fetch') return route.continue();
      const answer = await route.fetch();
      await page
        .locator('.skeleton')
        .first()
        .waitFor({ timeout: 500 })
        .catch(() => {});
      return route.fulfill({ response: answer });
    });
    await page.goto(typeof path === 'string' ? path : path(made));
    await page.locator(ready).first().waitFor();
    await page.waitForLoadState('networkidle');
    await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
    expect(await moved(page)).toEqual([]);
    await close();
  },
);

test.each([
  { who: 'a member', paths: () => [`/sessions/${made.short}`, '/', '/sessions'] },
  { who: 'a guest', paths: () => [`/s/${made.page}`, '/accounts/login', '/accounts/join'] },
])('what $who is shown before the app stays in its place when the app is there', async ({ who, paths }) => {
  const { page, context, close } = await house.visit(who === 'a guest' ? {} : { as: person });
  await page.addInitScript(watchShifts);
  // A fast machine paints nothing between two layouts.
  await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: 4 });
  // The first visit changes the typeface.
  await page.goto('/sessions');
  await page.locator('[data-typeface="own"]').waitFor();
  const jumps: string[] = [];
  for (const path of paths()) {
    await page.goto(path);
    await page.locator('#main').waitFor();
    await page.waitForLoadState('networkidle');
    jumps.push(...(await moved(page, 0.005)).map((what) => `${path} ${what}`));
  }
  expect(jumps).toEqual([]);
  await close();
});

test('nothing jumps while an answer is written', async () => {
  const { page, close } = await house.visit({ as: person });
  await page.addInitScript(watchShifts);
  await page.goto('/');
  await page.locator('[data-quota]').waitFor();
  const words = Array.from({ length: 300 }, (_, word) => (word % 12 === 11 ? '\n\n' : ` **낱말${word}**`));
  house.server.provider.script({ text: words, paceMs: 5 });
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.fill('길게 써 주세요');
  await composer.press('Enter');
  await page.getByRole('log').getByText('낱말298').waitFor();
  await page.getByRole('button', { name: t['composer.send'] }).waitFor();
  expect(await moved(page)).toEqual([]);
  await close();
});

test('a jump would be seen', async () => {
  const { page, close } = await house.visit({ as: person });
  await page.addInitScript(watchShifts);
  await page.goto('/bots');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => {
    document.body.style.paddingTop = '400px';
  });
  await expect.poll(() => moved(page), { timeout: 10_000 }).not.toEqual([]);
  await close();
});
