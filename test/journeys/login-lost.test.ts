import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { builderTexts } from '#web/bots/builder-texts.ts';
import { keyTexts } from '#web/keys/key-texts.ts';
import { texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const house = openHouse(startChatServer);

test('however many requests find the login ended, it is asked for once, and each is made once more', async () => {
  const member = await house.server.join();
  const { page, context, close } = await house.visit({ as: member });
  await page.goto('/', { waitUntil: 'networkidle' });
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.fill('쓰다 만 질문');
  const refused: string[] = [];
  const taken: string[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.request().resourceType() !== 'fetch') return;
    if (response.status() === 401) refused.push(pathname);
    else taken.push(pathname);
  });
  // The page of keys asks for several things at once.
  await page.getByRole('button', { name: t['nav.account'] }).click();
  const keys = page.getByRole('menuitem', { name: keyTexts.ko.title });
  await keys.waitFor();
  await context.clearCookies();
  await keys.click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await expect.poll(() => refused.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  expect(await dialog.count()).toBe(1);
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(member.email);
  await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
  await page.getByLabel(t['auth.password'], { exact: true }).press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(keyTexts.ko.empty).waitFor();
  // The login itself has said who it is.
  const wanted = [...new Set(refused)].filter((path) => path !== '/accounts/profile');
  const again = () => wanted.map((path) => taken.filter((one) => one === path).length);
  await expect.poll(again, { timeout: 10_000 }).toEqual(wanted.map(() => 1));
  expect(await dialog.count()).toBe(0);
  expect(new URL(page.url()).pathname).toBe('/keys');
  await page.getByRole('navigation').getByRole('link', { name: t['nav.newChat'] }).click();
  await expect.poll(() => composer.inputValue()).toBe('쓰다 만 질문');
  expect(house.server.provider.requests).toEqual([]);
  await close();
});

test('the form of a bot keeps what was typed while its login was lost', async () => {
  const { administrator } = house.server;
  const { page, context, close } = await house.visit({ as: administrator });
  await page.goto('/bots/planner/edit', { waitUntil: 'networkidle' });
  const greeting = page.getByRole('textbox', { name: builderTexts.ko.greeting });
  await greeting.fill('아직 저장하지 않은 인사');
  await context.clearCookies();
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const fetched = page.waitForResponse((response) => response.url().endsWith('/bots/planner') && response.ok());
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(administrator.email);
  await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
  await page.getByLabel(t['auth.password'], { exact: true }).press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await fetched;
  expect(await greeting.inputValue()).toBe('아직 저장하지 않은 인사');
  await page.keyboard.press('Control+s');
  await expect
    .poll(async () => (await administrator.get('/bots/planner')).body.greeting)
    .toBe('아직 저장하지 않은 인사');
  await close();
});
