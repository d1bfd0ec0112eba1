import { expect, test } from 'vitest';
import { startServer } from '#test/server.ts';
import { consentTexts } from '#web/accounts/consent-texts.ts';
import { barriersOf, photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const c = consentTexts.ko;
const house = openHouse(() =>
  startServer({
    env: {
      TERMS_URL: 'https://daesa.test/terms',
      PRIVACY_URL: 'https://daesa.test/privacy',
      KAKAO_CLIENT_ID: 'client',
      KAKAO_CLIENT_SECRET: 'secret',
    },
  }),
);

test('whoever joins agrees to what the server asks for, and to nothing unread', async () => {
  const { page, wrong, close } = await house.visit();
  await page.goto('/accounts/join');
  await page.getByRole('textbox', { name: t['auth.email'] }).fill('agreeing@example.com');
  await page.getByRole('textbox', { name: t['auth.nickname'] }).fill('하늘');
  await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
  const terms = page.getByRole('checkbox', { name: c.terms });
  expect(await terms.isChecked()).toBe(false);
  await terms.check();
  await photograph(page, 'join-consents');
  expect(await barriersOf(page, 'join-consents')).toEqual([]);
  expect(await page.getByRole('link', { name: c['privacy.read'] }).getAttribute('href')).toBe(
    'https://daesa.test/privacy',
  );
  await page.getByRole('button', { name: t['auth.joinNow'] }).click();
  const privacy = page.getByRole('checkbox', { name: c.privacy });
  // The browser itself says which box is missing.
  expect(
    await privacy.evaluate((box: HTMLInputElement) => box.matches(':invalid') && box === document.activeElement),
  ).toBe(true);
  await privacy.check();
  await page.getByRole('button', { name: t['auth.joinNow'] }).click();
  await page.waitForURL((url) => url.pathname === '/');
  expect(wrong).toEqual([]);
  await close();
});

test('whoever comes by a provider is told on the page of its button', async () => {
  const { page, close } = await house.visit();
  await page.goto('/accounts/login');
  await page.getByText(c.byProvider).waitFor();
  expect(await page.getByRole('link', { name: c['terms.name'] }).getAttribute('href')).toBe('https://daesa.test/terms');
  await photograph(page, 'login-consents');
  await close();
});
