import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
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
