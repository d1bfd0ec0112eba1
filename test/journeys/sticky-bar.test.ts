import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { builderTexts } from '#web/bots/builder-texts.ts';
import { historyTexts } from '#web/chat/history-texts.ts';
import { photograph } from './browser.ts';
import { openHouse } from './house.ts';

const house = openHouse(startChatServer);
const viewport = { width: 375, height: 667 };

/** What has the focus, and by how many pixels the bar at the lower edge, or the edge of the page, covers it. */
function lookAtFocus() {
  const focused = document.activeElement!;
  const bar = document.querySelector('main .sticky.bottom-0')!;
  const name = focused.getAttribute('aria-label') ?? focused.id ?? focused.textContent;
  if (!document.querySelector('main')!.contains(focused) || bar.contains(focused)) return { name, covered: 0 };
  const { top, bottom: end } = focused.getBoundingClientRect();
  // Of a field with many lines the browser brings the line of the cursor into sight, here the first one.
  const bottom = focused.matches('textarea') ? top + 40 : end;
  const edge = bar.getBoundingClientRect();
  const above = document.querySelector('main')!.getBoundingClientRect().top;
  const byBar = top < edge.bottom ? Math.max(0, Math.round(bottom - edge.top)) : 0;
  return { name, covered: byBar + Math.max(0, Math.round(above - top)) };
}

/** Goes through the page with one key, there and back; whatever has the focus on the way is in sight as a whole. */
async function goThrough(page: Page, stops: number): Promise<void> {
  const covered: unknown[] = [];
  const names = new Set<string>();
  for (const key of ['Tab', 'Shift+Tab']) {
    for (let stop = 0; stop < stops; stop += 1) {
      await page.keyboard.press(key);
      const seen = await page.evaluate(lookAtFocus);
      names.add(seen.name);
      if (seen.covered > 1) covered.push({ key, stop, ...seen });
    }
  }
  expect(covered).toEqual([]);
  expect(names.size).toBeGreaterThan(stops / 2);
}

test('on a phone the bar of the builder covers nothing that has the focus', async () => {
  const t = builderTexts.ko;
  const { page, wrong, close } = await house.visit({ as: house.server.administrator, viewport });
  await page.goto('/bots/planner/edit');
  const name = page.getByRole('textbox', { name: t.name });
  await name.focus();
  await photograph(page, 'sticky-builder');
  await goThrough(page, 40);
  // What is wrong makes the bar higher, over the field that is being written in.
  const temperature = page.getByRole('textbox', { name: t.temperature });
  await temperature.focus();
  await page.evaluate(() => {
    const focused = document.activeElement!.getBoundingClientRect();
    const bar = document.querySelector('main .sticky.bottom-0')!.getBoundingClientRect();
    document.querySelector('main')!.scrollTop -= bar.top - focused.bottom - 2;
  });
  await house.server.administrator.put('/bots/planner', { description: '다른 관리자가 고친 소개' });
  await page.keyboard.type('1');
  await page.keyboard.press('Control+s');
  await page.getByRole('alert').waitFor();
  await expect.poll(() => page.evaluate(lookAtFocus)).toMatchObject({ covered: 0 });
  await photograph(page, 'sticky-builder-conflict');
  expect(wrong).toEqual([]);
  await close();
});

test('on a phone the bar of a selection covers none of the rows that have the focus', async () => {
  const t = historyTexts.ko;
  const person = await house.server.join();
  for (let index = 0; index < 20; index += 1) {
    await person.post('/chat', { content: `질문 ${index}` });
  }
  const { page, wrong, close } = await house.visit({ as: person, viewport });
  await page.goto('/chat');
  await page.getByRole('button', { name: t.select }).click();
  await page.getByRole('checkbox').first().focus();
  await goThrough(page, 22);
  await photograph(page, 'sticky-selection');
  expect(wrong).toEqual([]);
  await close();
});
