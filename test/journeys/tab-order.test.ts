import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Visit } from './browser.ts';
import { findUnseenFocus } from './focus.ts';
import { openHouse } from './house.ts';
import { furnish, openScreen, screens, type Made } from './screens.ts';

declare global {
  interface Window {
    /** Where the focus has been, in order. */
    stops: Element[];
  }
}

const house = openHouse(startChatServer);
const visits = new Map<string, Visit>();
let made: Made;

beforeAll(async () => {
  const person = await house.server.join('하늘');
  made = await furnish(house.server, person);
  visits.set('guest', await house.visit());
  visits.set('member', await house.visit({ as: person }));
  visits.set('administrator', await house.visit({ as: house.server.administrator }));
}, 60_000);

/** Leads the focus from the first stop of the page to its last one; gives the stops that can't be seen. */
async function tabThrough(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    window.stops = [];
    document.querySelector('a')!.focus();
  });
  // The link past the navigation comes first: before it, the focus leaves the page.
  await page.keyboard.press('Shift+Tab');
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  const found: string[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const goesOn = await page.evaluate(() => {
      const focused = document.activeElement!;
      const isNew = focused !== document.body && !window.stops.includes(focused);
      if (isNew) window.stops.push(focused);
      return isNew;
    });
    if (!goesOn) return found;
    const unseen = await page.evaluate(findUnseenFocus);
    if (unseen) found.push(unseen);
  }
}

/**
 * Stops that come before another one which a reader meets first. Two stops are compared where their ways into the
 * page part: the blocks there (a navigation and a page, two cards, two buttons) are read row by row, from the left.
 * Both blocks are looked at in one moment, so that it does not matter what has been scrolled how far.
 */
function misplacedStops(): string[] {
  const nameOf = (element: Element) =>
    `${element.tagName} "${element.getAttribute('aria-label') ?? element.textContent.slice(0, 30)}"`;
  const pathTo = (element: Element): Element[] =>
    element.parentElement ? [...pathTo(element.parentElement), element] : [element];
  /** A link in a text may begin in one line and end in another. */
  const boxes = (block: Element, stop: Element) => {
    const lines = [...block.getClientRects()];
    return lines.length > 0 ? lines : [...stop.getClientRects()];
  };
  const isBefore = (first: DOMRect, second: DOMRect) => {
    const shared = Math.min(first.bottom, second.bottom) - Math.max(first.top, second.top);
    const sameRow = shared > Math.min(first.height, second.height) / 2;
    return sameRow ? first.left <= second.left + 1 : first.top <= second.top + 1;
  };
  const isRead = (earlier: Element, later: Element) => {
    if (earlier.contains(later)) return true;
    const [one, other] = [pathTo(earlier), pathTo(later)];
    const parting = one.findIndex((block, depth) => block !== other[depth]);
    if (!other[parting]) return false;
    return isBefore(boxes(one[parting]!, earlier).at(-1)!, boxes(other[parting], later)[0]!);
  };
  // The link past the navigation shows itself only while it has the focus.
  (document.activeElement as HTMLElement).blur();
  scrollTo(0, 0);
  return window.stops.flatMap((later, index) =>
    window.stops
      .slice(0, index)
      .filter((earlier) => !isRead(earlier, later))
      .map((earlier) => `${nameOf(earlier)} before ${nameOf(later)}`),
  );
}

const views = [
  { device: 'desktop', width: 1280, height: 800 },
  { device: 'phone', width: 375, height: 667 },
];

test.each(screens.flatMap((screen) => views.map((view) => ({ ...screen, ...view }))))(
  'the tab key goes through what is seen in the order it is read: $name on a $device',
  async ({ width, height, ...screen }) => {
    const { page } = visits.get(screen.as)!;
    await page.setViewportSize({ width, height });
    await openScreen(page, screen, made);
    expect(await tabThrough(page)).toEqual([]);
    expect(await page.evaluate(() => window.stops.length)).toBeGreaterThan(1);
    expect(await page.evaluate(misplacedStops)).toEqual([]);
  },
);
