import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { Client } from '#test/client.ts';
import { joinAs } from '#test/client.ts';
import { startServer } from '#test/server.ts';
import { texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const house = openHouse(() => {
  const providers = ['KAKAO', 'NAVER', 'GOOGLE'].flatMap((name): [string, string][] => [
    [`${name}_CLIENT_ID`, 'client'],
    [`${name}_CLIENT_SECRET`, 'secret'],
  ]);
  return startServer({ env: Object.fromEntries(providers) });
});
let member: Client;

beforeAll(async () => {
  member = await joinAs(house.server.url);
});

async function logIn(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(member.email);
  await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
  await page.keyboard.press('Enter');
}

test.each([
  ['/chat?q=y#z', '/chat?q=y#z'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
])('login with next=%s leads to %s', async (next, expected) => {
  const { page, close } = await house.visit();
  await page.goto(`/accounts/login?next=${encodeURIComponent(next)}`);
  await logIn(page);
  await page.waitForURL((url) => !url.pathname.startsWith('/accounts/'));
  await expect.poll(() => page.url()).toBe(house.server.url + expected);
  await close();
});

test('whoever is sent to login comes back to exactly where they were going', async () => {
  const { page, close } = await house.visit();
  await page.goto('/chat?q=y#z');
  await page.waitForURL((url) => url.pathname === '/accounts/login');
  await logIn(page);
  await page.waitForURL((url) => url.pathname === '/chat');
  await expect.poll(() => page.url()).toBe(`${house.server.url}/chat?q=y#z`);
  await close();
});

test('a wrong password is said once, and what was typed stays', async () => {
  const { page, close } = await house.visit();
  await page.goto('/accounts/login');
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(member.email);
  const password = page.getByLabel(t['auth.password'], { exact: true });
  await password.fill('wrong horse 7');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText(t['auth.bad']).waitFor();
  expect(await password.inputValue()).toBe('wrong horse 7');
  expect(await password.evaluate((field) => field === document.activeElement)).toBe(true);
  await page.getByRole('link', { name: t['auth.browse'] }).click();
  await page.waitForURL((url) => url.pathname === '/sessions');
  await close();
});

test("the providers' buttons follow the providers' rules, and are of one height", async () => {
  const { page, close } = await house.visit();
  await page.goto('/accounts/login');
  const kakao = page.getByRole('link', { name: t['auth.kakao'], exact: true });
  await kakao.waitFor();
  const look = await kakao.evaluate((link) => {
    const { backgroundColor, borderRadius } = getComputedStyle(link);
    return { backgroundColor, borderRadius };
  });
  expect(look).toEqual({ backgroundColor: 'rgb(254, 229, 0)', borderRadius: '12px' });
  const names = [t['auth.kakao'], t['auth.naver'], t['auth.google']];
  const boxes = await Promise.all(names.map((name) => page.getByRole('link', { name, exact: true }).boundingBox()));
  expect(new Set(boxes.map((box) => box?.height)).size).toBe(1);
  expect(boxes.map((box) => box!.y)).toEqual(boxes.map((box) => box!.y).toSorted((a, b) => a - b));
  await close();
});

test("inside of KakaoTalk, Google's button says what to do instead", async () => {
  const { page, close } = await house.visit({
    userAgent: 'Mozilla/5.0 (Linux; Android 15) KAKAOTALK/11',
  });
  await page.goto('/accounts/login');
  await page.getByText(t['inapp.google']).waitFor();
  expect(await page.getByRole('link', { name: t['auth.google'] }).count()).toBe(0);
  await close();
});

test.each(['/accounts/login', '/accounts/join'])(
  'a password is pasted at %s as from any keeper of passwords',
  async (path) => {
    const { page, close } = await house.visit({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(path);
    const password = page.getByLabel(t['auth.password'], { exact: true });
    await password.focus();
    await page.evaluate(() => navigator.clipboard.writeText('correct horse 7'));
    await page.keyboard.press('Control+v');
    expect(await password.inputValue()).toBe('correct horse 7');
    await close();
  },
);

test('who is logged in already is led on at once, and "back" does not lead to the login', async () => {
  const { page, close } = await house.visit({ as: member });
  await page.goto('/bots');
  await page.goto('/accounts/login?next=%2Fchat%3Fq%3Dy');
  await page.waitForURL(`${house.server.url}/chat?q=y`);
  await page.goBack();
  await expect.poll(() => page.url()).toBe(`${house.server.url}/bots`);
  await close();
});

test('too many attempts are said with the seconds to wait', async () => {
  const login = { email: 'nobody@example.com', password: 'wrong horse 7' };
  let refused: Response;
  do {
    refused = await fetch(`${house.server.url}/accounts/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(login),
    });
  } while (refused.status === 401);
  const { page, close } = await house.visit();
  await page.goto('/accounts/login');
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(login.email);
  await page.getByLabel(t['auth.password'], { exact: true }).fill(login.password);
  await page.keyboard.press('Enter');
  const said = await page.getByRole('alert').innerText();
  const seconds = Number(/(\d+)초/.exec(said)?.[1]);
  const later = t['problem.after'].replace('{when}', `${seconds}초 후`);
  expect(said).toBe(t['problem.tooManyAttempts'].replace('{later}', later));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(Number(refused.headers.get('retry-after')));
  await close();
});
