import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { profileTexts } from '#web/accounts/profile-texts.ts';
import { guidedTexts } from '#web/sessions/guided-texts.ts';
import { photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const g = guidedTexts.ko;
const house = openHouse(() => startChatServer({ env: { DAILY_REQUEST_LIMIT: '5' } }));

test("the fifth answer leaves none: typing goes on, sending waits for the server's midnight", async () => {
  const member = await house.server.join();
  for (let asked = 0; asked < 4; asked += 1) await member.post('/chat', { content: `${asked}` });
  const { page, close } = await house.visit({ as: member });
  await page.clock.install();
  await page.goto('/');
  await page.getByText(t['quota.last']).waitFor();
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.fill('마지막 질문');
  await page.keyboard.press('Enter');
  const { body } = await member.get('/accounts/profile');
  await page.locator(`time[datetime="${body.quota.resets_at}"]`).waitFor({ state: 'attached' });
  await composer.fill('내일 물어볼 것');
  const send = page.getByRole('button', { name: t['composer.send'] });
  await send.waitFor();
  expect(await send.getAttribute('aria-disabled')).toBe('true');
  const reason = await send.getAttribute('aria-describedby');
  expect(await page.locator(`[id="${reason}"]`).innerText()).toContain('0시');
  await photograph(page, 'quota-0');

  // The day is the database's; at its end the page asks again, and is told of a new one.
  const nextDay = new Date(Date.parse(body.quota.resets_at) + 86_400_000).toISOString();
  await page.route('**/accounts/profile', (route) =>
    route.fulfill({ json: { ...body, quota: { ...body.quota, used: 0, remaining: 5, resets_at: nextDay } } }),
  );
  await page.clock.fastForward(Date.parse(body.quota.resets_at) - Date.now() + 2_000);
  await page.getByText(t['quota.left'].replace('{n}', '5')).waitFor();
  expect(await composer.inputValue()).toBe('내일 물어볼 것');
  expect(await send.getAttribute('aria-disabled')).toBe(null);
  await close();
});

test('when the last question went elsewhere, the text comes back, and the card says when and leads to what can be read', async () => {
  const member = await house.server.join();
  for (let asked = 0; asked < 4; asked += 1) await member.post('/chat', { content: `${asked}` });
  const { page, wrong, close } = await house.visit({ as: member });
  await page.goto('/');
  await page.getByText(t['quota.last']).waitFor();
  await member.post('/chat', { content: '다른 곳에서' });
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.fill('한 번 더 물을 것');
  await composer.press('Enter');
  const card = page.locator('[data-quota="0"]');
  await card.locator('time').waitFor({ state: 'attached' });
  await expect.poll(() => composer.inputValue()).toBe('한 번 더 물을 것');
  const { body } = await member.get('/accounts/profile');
  expect(await card.locator('time').getAttribute('datetime')).toBe(body.quota.resets_at);
  await card.getByRole('link', { name: t['nav.gallery'] }).click();
  await page.waitForURL((url) => url.pathname === '/sessions');
  await page.goBack();
  await card.getByRole('link', { name: t['nav.allChats'] }).click();
  await page.waitForURL((url) => url.pathname === '/chat');
  expect(wrong).toEqual([]);
  await close();
});

test('a limit that an administrator changes is shown with the next answer, when one comes back, and after a reload', async () => {
  const member = await house.server.join();
  const { body: profile } = await member.get('/accounts/profile');
  const setLimit = (limit: number) =>
    house.server.administrator.put(`/admin/users/${profile.id}`, { daily_limit: limit });
  const { page, close } = await house.visit({ as: member });
  await page.clock.install();
  await page.goto('/');
  const left = () => page.locator('[data-quota]').getAttribute('data-quota');
  await expect.poll(left).toBe('5');
  await setLimit(7);
  const composer = page.getByRole('textbox', { name: t['composer.label'] });
  await composer.fill('일곱 번까지?');
  await composer.press('Enter');
  await expect.poll(left).toBe('6');
  await setLimit(9);
  // Who looks elsewhere for a while and comes back.
  await page.clock.fastForward('01:00');
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await expect.poll(left).toBe('8');
  await setLimit(4);
  await page.reload();
  await expect.poll(left).toBe('3');
  await close();
});

test('another language says the time of the next questions in its own way, without loading anew', async () => {
  const member = await house.server.join();
  for (let asked = 0; asked < 5; asked += 1) await member.post('/chat', { content: `${asked}` });
  const { page, close } = await house.visit({ as: member });
  await page.goto('/');
  await page.getByText('내일 0시(한국 시간)에 다시 5번').waitFor();
  const loads: string[] = [];
  page.on('load', () => loads.push(page.url()));
  await page.getByRole('button', { name: t['nav.account'] }).click();
  await page.getByRole('menuitem', { name: '프로필' }).click();
  await page.getByRole('combobox', { name: profileTexts.ko.language }).selectOption('en');
  await page.getByRole('link', { name: texts.en['nav.newChat'] }).first().click();
  await page.getByText("You've used today's 5 questions. They refill at 00:00 KST.").waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  expect(loads).toEqual([]);
  await close();
});

test('a guided session is answered without a question left, and asked as soon as there is one again', async () => {
  const member = await house.server.join();
  for (let asked = 0; asked < 5; asked += 1) await member.post('/chat', { content: `${asked}` });
  const { page, wrong, close } = await house.visit({ as: member });
  await page.goto('/sessions/new?bot=planner');
  for (const answer of [
    '요즘 운동을 거의 하지 않아요',
    '석 달 안에 10km를 달리고 싶어요',
    '평일에는 한 시간만 있어요',
  ]) {
    await page.getByRole('textbox').fill(answer);
    await page.getByRole('textbox').press('Enter');
    await page.getByText(answer).waitFor();
  }
  await page.getByRole('heading', { name: g.summary }).waitFor();
  const ask = page.getByRole('button', { name: g.ask });
  expect(await ask.isDisabled()).toBe(true);
  const reason = await ask.getAttribute('aria-describedby');
  expect(await page.locator(`[id="${reason}"]`).innerText()).toContain('0시');
  await page.getByText(g.tomorrow).waitFor();
  await photograph(page, 'guided-quota-0');

  const { body: me } = await member.get('/accounts/profile');
  await house.server.administrator.put(`/admin/users/${me.id}`, { daily_limit: 6 });
  await page.reload();
  await page.getByText(g.resumed).waitFor();
  await ask.click();
  await page.waitForURL(/\/sessions\/\d+$/);
  await page.getByRole('log').locator('.prose').waitFor();
  expect((await member.get('/accounts/profile')).body.quota).toMatchObject({ used: 6, remaining: 0 });
  expect(wrong).toEqual([]);
  await close();
});
