import AxeBuilder from '@axe-core/playwright';
import { Secret, TOTP } from 'otpauth';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { startMailbox, type Mailbox } from '#test/mailbox.ts';
import { startServer } from '#test/server.ts';
import { resetTexts } from '#web/accounts/reset-texts.ts';
import { photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const r = resetTexts.ko;
let mailbox: Mailbox;
let member: Client;
afterAll(() => mailbox?.close());
const house = openHouse(async () => {
  mailbox = await startMailbox();
  return startServer({ env: { SMTP_URL: mailbox.url, MAIL_FROM: 'daesa@example.com' } });
});

beforeAll(async () => {
  await joinAs(house.server.url);
  member = await joinAs(house.server.url);
  await mailbox.next(member.email);
});

/** The page that a link of a mail leads to, on the server under test. */
const pathOf = (text: string) => {
  const url = new URL(/https?:\S+/.exec(text)![0]);
  return url.pathname + url.search + url.hash;
};
/** The check for barriers opens a page of its own, which may take the focus: the key goes to the field itself. */
async function fillAndEnter(field: Locator, value: string): Promise<void> {
  await field.fill(value);
  await field.press('Enter');
}
async function fillIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(email);
  await fillAndEnter(page.getByLabel(t['auth.password'], { exact: true }), password);
}
async function seriousBarriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id);
}

test('a forgotten password is chosen anew by a link that works once', async () => {
  const { page, wrong, close } = await house.visit({ viewport: { width: 360, height: 740 } });
  await page.goto('/accounts/login');
  await page.getByRole('link', { name: t['auth.forgot'] }).click();
  expect(await seriousBarriers(page)).toEqual([]);
  await fillAndEnter(page.getByRole('textbox', { name: t['auth.email'] }), member.email);
  await page.getByRole('heading', { name: r.sentTitle }).waitFor();
  await photograph(page, 'forgot-sent');

  const link = pathOf((await mailbox.next(member.email)).text);
  await page.goto(link);
  const newPassword = page.getByLabel(r.newPassword, { exact: true });
  await newPassword.fill('a quite new horse 8');
  expect(page.url()).toBe(`${house.server.url}/accounts/reset`);
  await photograph(page, 'reset');
  expect(await seriousBarriers(page)).toEqual([]);
  await newPassword.press('Enter');
  await page.getByRole('heading', { name: r.doneTitle }).waitFor();

  await page.goto('about:blank');
  await page.goto(link);
  await fillAndEnter(newPassword, 'another new horse 9');
  await page.getByRole('heading', { name: r.badTitle }).waitFor();
  await photograph(page, 'reset-used');

  await page.getByRole('link', { name: r.back }).click();
  await fillIn(page, member.email, 'a quite new horse 8');
  await page.waitForURL(`${house.server.url}/`);
  expect(wrong).toEqual([]);
  await close();
});

test('an address is confirmed by the link of the mail, and the page says so', async () => {
  const person = await joinAs(house.server.url);
  const link = pathOf((await mailbox.next(person.email)).text);
  const guest = await house.visit();
  await guest.page.goto(link);
  await guest.page.getByRole('status').getByText('이메일을 확인했어요').waitFor();
  await guest.page.goto(link);
  await guest.page.getByRole('alert').getByText('이미 쓴 링크이거나').waitFor();
  await photograph(guest.page, 'link-used');
  expect(await seriousBarriers(guest.page)).toEqual([]);
  await guest.close();
});

test('an account with a second factor is asked for its code, and a wrong one is said', async () => {
  const person = await joinAs(house.server.url);
  const { body } = await person.post('/accounts/two-factor', { current_password: 'correct horse 7' });
  const totp = new TOTP({ secret: Secret.fromBase32(body.secret) });
  const enabled = await person.put('/accounts/two-factor', { otp: totp.generate() });
  const { page, close } = await house.visit();
  await page.goto('/accounts/login?next=/bots');
  await fillIn(page, person.email, 'correct horse 7');
  const code = page.getByRole('textbox', { name: t['auth.codeField'] });
  await code.fill('000');
  await photograph(page, 'login-code');
  expect(await seriousBarriers(page)).toEqual([]);
  await code.press('Enter');
  await page.getByText(t['auth.codeWrong']).waitFor();
  await code.fill(enabled.body.recovery_codes[0]);
  await code.press('Enter');
  await page.waitForURL(`${house.server.url}/bots`);
  await close();
});

test('a login that failed at the provider is explained, and where it was going is kept', async () => {
  const { page, close } = await house.visit();
  await page.goto('/accounts/login?error=login_cancelled&next=/bots');
  await page.getByRole('alert').getByText('로그인을 취소했어요').waitFor();
  await photograph(page, 'login-cancelled');
  expect(await seriousBarriers(page)).toEqual([]);
  await fillIn(page, member.email, 'a quite new horse 8');
  await page.waitForURL(`${house.server.url}/bots`);
  await close();
});
