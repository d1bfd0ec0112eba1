import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { usageTexts } from '#web/usage/usage-texts.ts';
import { photograph } from './browser.ts';
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
