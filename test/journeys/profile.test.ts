import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { readZip } from '#test/read-zip.ts';
import { startServer } from '#test/server.ts';
import { profileTexts } from '#web/accounts/profile-texts.ts';
import { photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = profileTexts.ko;
const house = openHouse(startServer);

beforeAll(async () => {
  await joinAs(house.server.url);
});

async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

test('name and password change on the page; a wrong password is said at its field', async () => {
  const person = await joinAs(house.server.url, '나래');
  const { page, wrong, close } = await house.visit({ as: person });
  await page.goto('/accounts/profile');
  await press(page, t.changeName);
  await page.getByRole('textbox', { name: t.name }).fill('다른 이름');
  await page.keyboard.press('Enter');
  await page.getByRole('main').getByText('다른 이름').waitFor();
  await page.getByRole('heading', { name: t.devices }).waitFor();
  await photograph(page, 'profile');
  expect(await barriers(page)).toEqual([]);

  await press(page, t.changePassword);
  await page.getByLabel(t.currentPassword, { exact: true }).fill('not the horse');
  await page.getByLabel(t.newPassword, { exact: true }).fill('a quite new horse 8');
  await page.keyboard.press('Enter');
  await page.getByText(t.passwordWrong).waitFor();
  await photograph(page, 'profile-password');
  await page.getByLabel(t.currentPassword, { exact: true }).fill('correct horse 7');
  await page.keyboard.press('Enter');
  await page.getByText(t.saved).last().waitFor();
  const login = { email: person.email, password: 'a quite new horse 8' };
  expect((await person.post('/accounts/login', login)).status).toBe(200);
  expect(wrong).toEqual([]);
  await close();
});

test('two-step login is turned on with an app, and its recovery codes are shown once', async () => {
  const person = await joinAs(house.server.url);
  const { page, close } = await house.visit({ as: person, viewport: { width: 360, height: 740 } });
  await page.goto('/accounts/profile');
  await press(page, t.turnOn);
  await page.getByLabel(t.currentPassword, { exact: true }).fill('correct horse 7');
  await page.keyboard.press('Enter');
  const secret = await page.locator('[data-secret]').innerText();
  await page.getByRole('img', { name: t.qrCode }).waitFor();
  await photograph(page, 'profile-two-factor');
  const totp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) });
  await page.getByRole('textbox', { name: t.code }).fill(totp.generate());
  await page.keyboard.press('Enter');
  const codes = page.locator('[data-codes] li');
  await codes.first().waitFor();
  expect(await codes.count()).toBe(10);
  const first = await codes.first().innerText();
  await photograph(page, 'profile-codes');
  await press(page, t.kept);
  await page.getByText(t.twoFactorOn).waitFor();
  expect(await page.content()).not.toContain(first);
  await close();
});

test('other devices are logged out from here, and the archive holds the account', async () => {
  const person = await joinAs(house.server.url);
  const { page, close } = await house.visit({ as: person, viewport: { width: 320, height: 640 } });
  await page.goto('/accounts/profile');
  await press(page, t.endOthers);
  const confirmation = page.getByLabel(t.currentPassword, { exact: true });
  await confirmation.fill('wrong horse 7');
  await confirmation.press('Enter');
  await page.getByText(t.passwordWrong).waitFor();
  expect((await person.get('/accounts/profile')).status).toBe(200);
  await confirmation.fill('correct horse 7');
  await confirmation.press('Enter');
  await page.getByText(t.ended, { exact: true }).waitFor();
  expect((await person.get('/accounts/profile')).status).toBe(401);
  const download = page.waitForEvent('download');
  await press(page, t.download);
  const archive = readFileSync(await (await download).path());
  expect(readZip(archive).size).toBeGreaterThan(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await photograph(page, 'profile-320');
  await close();
});

test('the language changes at once, with the language of the page', async () => {
  const person = await joinAs(house.server.url);
  const { page, close } = await house.visit({ as: person, colorScheme: 'dark' });
  await page.goto('/accounts/profile');
  await page.getByRole('combobox', { name: t.language }).selectOption('en');
  await page.getByRole('heading', { name: profileTexts.en.title, exact: true }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  await page.getByRole('switch', { name: profileTexts.en.enter }).uncheck();
  await photograph(page, 'profile-en-dark');
  expect(await barriers(page)).toEqual([]);
  await close();
});

test('an account is deleted by its password and a word, and its login with it', async () => {
  const person = await joinAs(house.server.url);
  const { page, close } = await house.visit({ as: person });
  await page.goto('/accounts/profile');
  await press(page, t.deleteAccount);
  await page.getByLabel(t.currentPassword, { exact: true }).fill('correct horse 7');
  await page.getByRole('textbox', { name: '계속하려면' }).fill('탈퇴');
  await photograph(page, 'profile-delete');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${house.server.url}/`);
  await page.getByRole('link', { name: texts.ko['auth.logIn'] }).waitFor();
  expect((await person.get('/accounts/profile')).status).toBe(401);
  await close();
});
