import { beforeAll, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { startServer } from '#test/server.ts';
import { scriptsOfApp, texts } from './browser.ts';
import { openHouse } from './house.ts';

const house = openHouse(startServer);
let member: Client;

beforeAll(async () => {
  member = await joinAs(house.server.url);
});

const grounds = { light: 'rgb(250, 249, 247)', dark: 'rgb(23, 22, 20)' };

test.each([
  { chosen: 'dark', system: 'light', shown: 'dark' },
  { chosen: 'light', system: 'dark', shown: 'light' },
  { chosen: null, system: 'dark', shown: 'dark' },
  { chosen: null, system: 'light', shown: 'light' },
] as const)(
  'chosen $chosen on a $system system, the first paint is $shown, before any script of the app',
  async (each) => {
    const { page, close } = await house.visit({ language: 'en', colorScheme: each.system });
    await page.addInitScript((theme) => theme && localStorage.setItem('daesa.theme', theme), each.chosen);
    // The scripts of the app never come: what is painted is what stands there before them.
    await page.route(scriptsOfApp, () => {});
    await page.goto('/', { waitUntil: 'commit' });
    const painted = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const look = () => {
            const { backgroundColor, colorScheme } = getComputedStyle(document.documentElement);
            const bar = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]')?.content;
            resolve({ backgroundColor, colorScheme, bar, language: document.documentElement.lang });
          };
          const styled = () =>
            [...document.styleSheets].length > 0 ? requestAnimationFrame(look) : requestAnimationFrame(styled);
          styled();
        }),
    );
    expect(painted).toEqual({
      backgroundColor: grounds[each.shown],
      colorScheme: each.shown,
      bar: each.shown === 'dark' ? '#171614' : '#faf9f7',
      language: 'en',
    });
    await close();
  },
);

test('a theme is chosen in the menu, holds at once and after a reload, and follows the system again when told to', async () => {
  const t = texts.ko;
  const { page, close } = await house.visit({ as: member, colorScheme: 'light' });
  await page.goto('/');
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const choose = async (theme: string) => {
    await page.getByRole('button', { name: t['nav.account'] }).click();
    await page.getByRole('menuitemradio', { name: theme }).click();
  };
  await choose(t['settings.theme.dark']);
  await expect.poll(ground).toBe(grounds.dark);
  await page.reload();
  await expect.poll(ground).toBe(grounds.dark);
  await choose(t['settings.theme.system']);
  await expect.poll(ground).toBe(grounds.light);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(ground).toBe(grounds.dark);
  await close();
});

test('who wants little motion gets none, and everybody can zoom', async () => {
  const { page, close } = await house.visit({ reducedMotion: 'reduce' });
  await page.goto('/');
  await page.getByRole('textbox').waitFor();
  const viewport = await page.locator('meta[name=viewport]').getAttribute('content');
  expect(viewport).not.toMatch(/user-scalable|maximum-scale/);
  const moving = await page.evaluate(
    () =>
      document.getAnimations().filter((animation) => Number(animation.effect?.getComputedTiming().duration) > 1).length,
  );
  expect(moving).toBe(0);
  await close();
});
