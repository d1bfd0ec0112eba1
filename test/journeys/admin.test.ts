import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChatServer, type ChatServer } from '#test/chat-server.ts';
import { adminTexts } from '#web/admin/admin-texts.ts';
import { openBrowser, photograph, visit } from './browser.ts';

const t = adminTexts.ko;
let server: ChatServer;
let browser: Browser;

beforeAll(async () => {
  server = await startChatServer();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

test("an administrator changes somebody's limit, blocks and deletes, and the audit log has each change", async () => {
  const person = await server.join('haneul');
  const { page, wrong, close } = await visit(browser, server.url, { as: server.administrator });
  await page.goto('/admin');
  await page.getByRole('searchbox', { name: t.search }).fill(person.email);
  const row = page.locator('[data-user]').filter({ hasText: person.email });
  await expect.poll(() => page.locator('[data-user]').count()).toBe(1);
  await photograph(page, 'admin-users');
  expect(await barriers(page)).toEqual([]);

  await row.getByRole('button').click();
  const limit = page.getByRole('spinbutton', { name: t.limit });
  await limit.fill('7');
  await photograph(page, 'admin-user');
  expect(await barriers(page)).toEqual([]);
  await limit.press('Enter');
  await row.getByText('/7번').waitFor();
  expect((await person.get('/accounts/profile')).body.quota.limit).toBe(7);

  await row.getByRole('button').click();
  await page.getByRole('checkbox', { name: t.isBlocked }).check();
  await page.getByRole('button', { name: t.save, exact: true }).click();
  await row.getByText(t.blocked, { exact: true }).waitFor();
  expect((await person.get('/accounts/profile')).status).toBe(401);

  await row.getByRole('button').click();
  await page.getByRole('button', { name: t.deleteUser }).click();
  await page.getByRole('textbox', { name: '계속하려면' }).fill('haneul');
  await page.getByRole('button', { name: t.deleteUser }).click();
  await page.getByText(t.noUsers).waitFor();

  await page.getByRole('link', { name: t['tab.audit'] }).click();
  await page.locator('[data-audit]').first().waitFor();
  expect(await page.locator('[data-audit]').count()).toBeGreaterThanOrEqual(3);
  await photograph(page, 'admin-audit');
  expect(wrong).toEqual([]);
  await close();
});

test('a network is blocked with a reason and let in again, on a narrow phone too', async () => {
  const { page, close } = await visit(browser, server.url, {
    as: server.administrator,
    viewport: { width: 320, height: 640 },
    colorScheme: 'dark',
  });
  await page.goto('/admin/networks');
  await page.getByText(t.noNetworks).waitFor();
  await page.getByRole('button', { name: t.block }).click();
  await page.getByRole('textbox', { name: t.cidr }).fill('127.0.0.1');
  await page.getByRole('textbox', { name: t.reason }).fill('시험');
  await page.keyboard.press('Enter');
  await page.getByText(t.cidrWrong).waitFor();
  await page.getByRole('textbox', { name: t.cidr }).fill('203.0.113.0/24');
  await page.keyboard.press('Enter');
  await page.getByText('203.0.113.0/24').first().waitFor();
  await photograph(page, 'admin-networks-320');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await page.getByRole('button', { name: t.unblock }).click();
  await page.getByText(t.noNetworks).waitFor();
  await close();
});

test('a member sees that this is not theirs, and is sent none of it', async () => {
  const person = await server.join();
  const { page, close } = await visit(browser, server.url, { as: person });
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await page.goto('/admin');
  await page.getByText(t.forbidden).waitFor();
  expect(loaded.filter((url) => /users-section|audit-section|networks-section|\/admin\/users/.test(url))).toEqual([]);
  await photograph(page, 'admin-forbidden');
  await close();
});
