import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { writeTo } from '#test/write-to.ts';
import { usageTexts } from '#web/usage/usage-texts.ts';
import { barriersOf, photograph } from './browser.ts';
import { openHouse } from './house.ts';

const t = usageTexts.ko;
const house = openHouse(startChatServer);

/** The sums of the bars and of the table's rows, and what the table's last line says. */
async function sums(page: Page): Promise<number[]> {
  await page.locator('[data-usage-total]').waitFor();
  return page.evaluate(() => {
    const add = (name: string) =>
      [...document.querySelectorAll(`[${name}]`)].reduce((sum, one) => sum + Number(one.getAttribute(name)), 0);
    return ['data-bar', 'data-usage-row', 'data-usage-total'].map(add);
  });
}

test('bars, table, sum and CSV say the same, and the URL reproduces the view', async () => {
  const person = await house.server.join();
  for (const content of ['하나', '둘', '셋']) await person.post('/chat', { content });
  const { page, wrong, close } = await house.visit({ as: person });
  await page.goto('/usage');
  expect(await sums(page)).toEqual([3, 3, 3]);
  // Nothing was used in the month before.
  await page
    .locator('[data-change=requests]')
    .getByText(`${t.sincePeriod.replace('{n}', '30')} –`)
    .waitFor();
  await photograph(page, 'usage');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);

  await page.getByRole('combobox', { name: t.group }).selectOption('bot');
  await page.getByRole('columnheader', { name: t['column.bot'] }).waitFor();
  expect(await sums(page)).toEqual([3, 3, 3]);
  await page.getByRole('combobox', { name: t.group }).selectOption('model');
  await page.getByRole('columnheader', { name: t['column.model'] }).waitFor();
  expect(await sums(page)).toEqual([3, 3, 3]);
  await page.getByRole('combobox', { name: t.range }).selectOption('7');
  await photograph(page, 'usage-model');
  await page.reload();
  await page.getByRole('columnheader', { name: t['column.model'] }).waitFor();
  expect(await page.getByRole('combobox', { name: t.range }).inputValue()).toBe('7');
  expect(await page.getByRole('option', { name: t['group.user'] }).count()).toBe(0);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: t.csv }).click();
  const [header, row] = readFileSync(await (await download).path(), 'utf8').split('\r\n');
  expect(row!.split(',')[header!.split(',').indexOf('requests')]).toBe('3');
  expect(wrong).toEqual([]);
  await close();
});

test('models are stacked on the days of the zone, the largest first, and a table says the same', async () => {
  const person = await house.server.join();
  const { id, quota } = (await person.get('/accounts/profile')).body;
  const dayOf = (at: number) => new Intl.DateTimeFormat('en-CA', { timeZone: quota.time_zone }).format(at);
  const today = dayOf(Date.now());
  const yesterday = dayOf(Date.parse(today) - 86_400_000);
  // A request of yesterday and one of today, and nine models, of which two have no bar of their own.
  const rows = [yesterday, today].flatMap((day) =>
    Array.from({ length: 9 }, (_, index) =>
      Array.from(
        { length: 10 - index },
        () => `(${id}, 'chat', 'model-${index}', '${day}', 1, 'settled', 'test', 0, ${Date.parse(day)}, 0, 0, 0, 0, 0)`,
      ),
    ).flat(),
  );
  await writeTo(
    house.server,
    `insert into ledger (user_id, purpose, model, day, units, state, instance_id, estimated, created_at,
      cache_write_tokens, reasoning_tokens, reserved_cost, reserved_tokens, from_cache) values ${rows.join(',')}`,
  );
  const { page, wrong, close } = await house.visit({ as: person, colorScheme: 'dark' });
  await page.goto('/usage?range=7');
  await expect.poll(() => sums(page)).toEqual([108, 108, 108]);
  const barsOf = (day: string) =>
    page
      .locator(`[data-day="${day}"] [data-bar]`)
      .evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('data-bar'))));
  for (const day of [yesterday, today]) await expect.poll(() => barsOf(day)).toEqual([10, 9, 8, 7, 6, 5, 4, 5]);
  // They stand on each other, and each has a colour of its own.
  const drawn = await page.locator(`[data-day="${today}"] [data-bar]`).evaluateAll((bars) =>
    bars.map((bar) => {
      const { top, bottom } = bar.getBoundingClientRect();
      return { top, bottom, fill: bar.getAttribute('fill') };
    }),
  );
  expect(new Set(drawn.map(({ fill }) => fill)).size).toBe(8);
  const gaps = drawn.slice(1).map(({ bottom }, index) => Math.round(bottom - drawn[index]!.top));
  expect(gaps).toEqual(gaps.map(() => 0));
  await photograph(page, 'usage-stacked-dark');
  await page.getByText(t.daily).press('Enter');
  const cells = page.locator(`[data-daily="${yesterday}"] td`);
  expect(await cells.allInnerTexts()).toEqual(['10', '9', '8', '7', '6', '5', '4', '5']);
  expect(await barriersOf(page, 'usage-stacked')).toEqual([]);
  await page.getByRole('combobox', { name: t.group }).selectOption('day');
  await page.getByRole('columnheader', { name: t['column.day'] }).waitFor();
  await expect.poll(() => sums(page)).toEqual([108, 108, 108]);
  await expect.poll(() => barsOf(yesterday)).toEqual([54]);
  await page.emulateMedia({ colorScheme: 'light' });
  await photograph(page, 'usage-days');
  expect(wrong).toEqual([]);
  await close();
});

test('administrators see everybody, also on a narrow phone', async () => {
  const person = await house.server.join('가람');
  await person.post('/chat', { content: '안녕' });
  const { page, close } = await house.visit({
    as: house.server.administrator,
    viewport: { width: 320, height: 640 },
    colorScheme: 'dark',
  });
  await page.goto('/usage?group=user&metric=tokens');
  await page.getByRole('rowheader', { name: person.email }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await photograph(page, 'usage-320');
  await close();
});

test('totals are compared with as many days before', async () => {
  const person = await house.server.join();
  for (const content of ['하나', '둘', '셋']) await person.post('/chat', { content });
  const { page, close } = await house.visit({ as: person });
  await page.route('**/usage?*group_by=day*', async (route) => {
    const answer = await route.fetch();
    const report = await answer.json();
    // Yesterday, as if something had been used.
    if (report.total.requests === 0)
      report.total = { ...report.total, requests: 2, prompt_tokens: 0, completion_tokens: 0, cost_usd: null };
    await route.fulfill({ response: answer, json: report });
  });
  await page.goto('/usage?range=1');
  const change = (metric: string) => page.locator(`[data-change=${metric}]`).innerText();
  await page.locator('[data-change=requests]').getByText('+50%').waitFor();
  expect(await change('requests')).toBe(`${t.sinceYesterday} +50%`);
  // Nobody knows what was paid, and there were no tokens to compare with.
  expect([await change('tokens'), await change('cost')]).toEqual([`${t.sinceYesterday} –`, `${t.sinceYesterday} –`]);
  await close();
});
