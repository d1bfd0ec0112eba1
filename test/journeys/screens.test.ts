import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { photograph, type Language, type Visit } from './browser.ts';
import { openHouse } from './house.ts';
import { furnish, openScreen, screens, type Made } from './screens.ts';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

const languages: Language[] = ['ko', 'en'];
const people = ['guest', 'member', 'administrator'] as const;
const visits = new Map<string, Visit>();
const house = openHouse(startChatServer);
let made: Made;

beforeAll(async () => {
  const person = await house.server.join('하늘');
  made = await furnish(house.server, person);
  const accounts = { guest: {}, member: { as: person }, administrator: { as: house.server.administrator } };
  for (const language of languages) {
    for (const who of people) {
      visits.set(`${who} ${language}`, await house.visit({ language, ...accounts[who] }));
    }
  }
}, 60_000);

const views = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [
    { device: 'desktop', width: 1280, height: 800 },
    { device: 'phone', width: 320, height: 640 },
  ].map((size) => ({ colorScheme, ...size })),
);

/** What keeps people out of the screen as it stands. */
async function barriersIn(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  // A theme changes colours and nothing else: the structure has been judged in the light.
  const rules: axe.RunOptions = colorScheme === 'dark' ? { runOnly: ['color-contrast', 'link-in-text-block'] } : {};
  const violations = await page.evaluate(
    async (options) => (await window.axe.run({ resultTypes: ['violations'], ...options })).violations,
    rules,
  );
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (tooWide > 0) found.push(`scrolls sideways by ${tooWide} px`);
  const raw = await page.evaluate(() =>
    /\b[a-z]+\.[a-z]+[A-Z]\w*\b|\bundefined\b|\bNaN\b/.exec(document.body.innerText)?.at(0),
  );
  if (raw) found.push(`shows "${raw}"`);
  return found;
}

const cases = languages.flatMap((language) => screens.map((screen) => ({ language, ...screen })));

test.each(cases)(
  'everybody can use it, in both themes, on a desktop and on the narrowest phone: $name ($language)',
  async ({ language, ...screen }) => {
    const { page, wrong } = visits.get(`${screen.as} ${language}`)!;
    await page.emulateMedia({ colorScheme: 'light' });
    await openScreen(page, screen, made);
    await page.evaluate(axe.source);
    for (const { colorScheme, device, width, height } of views) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await photograph(page, `screens/${screen.name}-${language}-${colorScheme}-${device}`);
      expect(await barriersIn(page, colorScheme), `${colorScheme}, ${device}`).toEqual([]);
    }
    expect(wrong).toEqual([]);
  },
);
