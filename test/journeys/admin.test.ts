import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { clientOf, send } from '#test/client.ts';
import { writeTo } from '#test/write-to.ts';
import { adminTexts } from '#web/admin/admin-texts.ts';
import { auditParts } from '#web/admin/audit-texts.ts';
import { queueTexts } from '#web/admin/queue-texts.ts';
import { serverTexts } from '#web/admin/server-texts.ts';
import { quoteTexts } from '#web/quotes/quote-texts.ts';
import { photograph } from './browser.ts';
import { openHouse } from './house.ts';

const t = adminTexts.ko;
const q = queueTexts.ko;
const b = quoteTexts.ko;
const v = serverTexts.ko;
const house = openHouse(startChatServer);

async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

test("an administrator changes somebody's limit, blocks and deletes, and the audit log has each change", async () => {
  const person = await house.server.join('haneul');
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
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

  const elsewhere = (
    await send(`${house.server.url}/accounts/login`, 'POST', { email: person.email, password: 'correct horse 7' })
  ).body.token;
  await row.getByRole('button').click();
  await page.getByRole('button', { name: t.logOutUser }).click();
  await page.getByText(t.loggedOut).waitFor();
  expect((await clientOf(house.server.url, elsewhere).get('/accounts/profile')).status).toBe(401);

  await page.getByRole('checkbox', { name: t.isBlocked }).check();
  await page.getByRole('button', { name: t.save, exact: true }).click();
  await row.getByText(t.blocked, { exact: true }).waitFor();
  const refused = await send(`${house.server.url}/accounts/login`, 'POST', {
    email: person.email,
    password: 'correct horse 7',
  });
  expect([refused.status, refused.body.code]).toEqual([403, 'blocked']);

  await row.getByRole('button').click();
  await page.getByRole('button', { name: t.deleteUser }).click();
  await page.getByRole('textbox', { name: '계속하려면' }).fill('haneul');
  await page.getByRole('button', { name: t.deleteUser }).click();
  await page.getByText(t.noUsers).waitFor();

  await page.getByRole('link', { name: t['tab.audit'] }).click();
  await page.locator('[data-audit]').first().waitFor();
  expect(await page.locator('[data-audit]').count()).toBeGreaterThanOrEqual(3);
  await page.getByText('administrator 님이 지워진 계정의 하루 질문 수를 바꿨어요: 기본값 → 7').waitFor();
  await page.getByRole('combobox', { name: auditParts.ko.kind }).selectOption('bot');
  await page.getByText(t.noAudit).waitFor();
  await photograph(page, 'admin-audit');
  expect(wrong).toEqual([]);
  await close();
});

test('a row that another administrator has changed meanwhile is told and loaded anew, and the next try counts', async () => {
  const person = await house.server.join('겹친 사람');
  const { id } = (await person.get('/accounts/profile')).body;
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/admin');
  const row = page.locator(`[data-user="${id}"]`);
  await row.getByRole('button').click();
  await house.server.administrator.put(`/admin/users/${id}`, { daily_limit: 12 });
  const limit = page.getByRole('spinbutton', { name: t.limit });
  await limit.fill('7');
  await limit.press('Enter');
  await page.getByRole('alert').getByText(t.stale).waitFor();
  await photograph(page, 'admin-stale');
  expect(await barriers(page)).toEqual([]);
  await row.getByText('/12번').waitFor();
  expect(await limit.inputValue()).toBe('12');
  // The focus has stayed in the field.
  await page.keyboard.press('Control+a');
  await page.keyboard.type('7');
  await page.keyboard.press('Enter');
  await row.getByText('/7번').waitFor();
  expect((await person.get('/accounts/profile')).body.quota.limit).toBe(7);
  expect(wrong).toEqual([]);
  await close();
});

test('administrators change their own limit, and neither their own role nor their account', async () => {
  const { page, close } = await house.visit({ as: house.server.administrator });
  const { id } = (await house.server.administrator.get('/accounts/profile')).body;
  await page.goto('/admin');
  await page.locator(`[data-user="${id}"]`).getByRole('button').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(t.ownRole).waitFor();
  await photograph(page, 'admin-own');
  expect(await dialog.getByRole('combobox').count()).toBe(0);
  expect(await dialog.getByRole('button', { name: t.deleteUser }).count()).toBe(0);
  await dialog.getByRole('spinbutton', { name: t.limit }).fill('2000');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  const own = (await house.server.administrator.get(`/admin/users/${id}`)).body;
  expect(own).toMatchObject({ role: 'administrator', daily_limit: 2000 });
  await close();
});

test('a network is blocked with a reason and let in again, on a narrow phone too', async () => {
  const { page, close } = await house.visit({
    as: house.server.administrator,
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

test('requests of the board are decided with one key each, and several at once; what fails is named', async () => {
  const person = await house.server.join('바다');
  const ids: number[] = [];
  for (const content of ['첫 번째 대사', '두 번째 대사', '세 번째 대사']) {
    ids.push((await person.post('/quote', { content })).body.id);
  }
  await person.put(`/quote/${ids[0]}/vote`);
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/admin/board');
  const rows = page.locator('[data-request]');
  await expect.poll(() => rows.count()).toBe(3);
  const box = (text: string) => page.getByRole('checkbox', { name: q.choose.replace('{text}', text) });
  // The first box has the request with the most votes.
  await rows.first().getByRole('checkbox').press('ArrowDown');
  await box('세 번째 대사').press('ArrowUp');
  await box('첫 번째 대사').press('a');
  await page.getByRole('dialog').getByRole('radio', { name: b.applied, checked: true }).waitFor();
  await page.getByRole('textbox', { name: b.reply }).fill('고마워요');
  await photograph(page, 'admin-decide');
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: b.save }).press('Enter');
  await expect.poll(() => rows.count()).toBe(2);
  await expect.poll(() => box('세 번째 대사').evaluate((element) => element === document.activeElement)).toBe(true);
  expect((await person.get(`/quote/${ids[0]}`)).body).toMatchObject({ status: 'applied', reply: '고마워요' });

  await box('두 번째 대사').check();
  await page.getByRole('button', { name: q.all }).click();
  await page.getByText(q.chosen.replace('{n}', '2')).waitFor();
  await photograph(page, 'admin-board-chosen');
  expect(await barriers(page)).toEqual([]);
  await person.delete(`/quote/${ids[1]}`);
  await page.getByRole('button', { name: q['set.planned'] }).click();
  await page.getByRole('alert').getByText('두 번째 대사').waitFor();
  await page.getByText(b['empty.requested']).waitFor();
  expect((await person.get(`/quote/${ids[2]}`)).body.status).toBe('planned');
  expect(wrong).toEqual([]);
  await close();
});

test('a name of a model is answered by the model that an administrator has set, until it is reset', async () => {
  const person = await house.server.join();
  const { body: key } = await person.post('/keys', { name: 'program' });
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/admin/server');
  await page.getByText(v.monthFree.split('.').at(-2)!).waitFor();
  await page.getByRole('button', { name: v.add }).click();
  await page.getByRole('textbox', { name: v.name }).fill('our-model');
  const targets = page.getByRole('textbox', { name: v.targets });
  await targets.fill('not-there, gpt-5-mini');
  await targets.press('Enter');
  const row = page.locator('[data-alias="our-model"]');
  await row.getByText(v.own).waitFor();
  await photograph(page, 'admin-server');
  expect(await barriers(page)).toEqual([]);
  const ask = { model: 'our-model', messages: [{ role: 'user', content: '안녕' }] };
  const program = clientOf(house.server.url, key.key);
  expect((await program.post('/v1/chat/completions', ask)).status).toBe(200);
  expect(house.server.provider.requests.at(-1)!.body).toMatchObject({ model: 'gpt-5-mini' });
  await row.getByRole('button', { name: v.resetName.replace('{name}', 'our-model') }).click();
  await row.waitFor({ state: 'detached' });
  await program.post('/v1/chat/completions', ask);
  expect(house.server.provider.requests.at(-1)!.body).toMatchObject({ model: 'our-model' });
  expect(wrong).toEqual([]);
  await close();
});

test('a page that was reported is hidden from everybody, and shown again', async () => {
  const person = await house.server.join('글쓴이');
  const { body: turn } = await person.post('/chat', { content: '게시할 대화' });
  const { body: made } = await person.post(`/sessions/${turn.session_id}/snapshots`, { title: '신고된 사본' });
  await house.server.administrator.post(`/s/${made.id}/report`, { reason: '남의 전화번호가 있어요' });
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/admin/pages');
  const row = page.locator('[data-page]').filter({ hasText: '신고된 사본' });
  await row.getByText('남의 전화번호가 있어요').waitFor();
  await row.getByText(q.reports.replace('{n}', '1')).waitFor();
  await row.getByRole('button', { name: q.hidePage.replace('{title}', '신고된 사본') }).click();
  await row.getByText(q.hidden, { exact: true }).waitFor();
  expect((await person.get(`/s/${made.id}`)).status).toBe(410);
  await photograph(page, 'admin-pages');
  expect(await barriers(page)).toEqual([]);
  await row.getByRole('button', { name: q.showPage.replace('{title}', '신고된 사본') }).click();
  await row.getByRole('link', { name: '신고된 사본' }).waitFor();
  expect((await person.get(`/s/${made.id}`)).status).toBe(200);
  expect(wrong).toEqual([]);
  await close();
});

test('a member sees that this is not theirs, and is sent none of it', async () => {
  const person = await house.server.join();
  const { page, close } = await house.visit({ as: person });
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  await page.goto('/admin');
  await page.getByText(t.forbidden).waitFor();
  const built = JSON.parse(readFileSync('web/dist/.vite/manifest.json', 'utf8')) as Record<string, { file: string }>;
  const sections = Object.keys(built).filter((name) => /^admin\/\w+-section\.tsx$/.test(name));
  expect(sections.length).toBeGreaterThan(4);
  expect(loaded.filter((path) => sections.some((name) => path === `/${built[name]!.file}`))).toEqual([]);
  expect(loaded.filter((path) => path.startsWith('/admin/'))).toEqual([]);
  await photograph(page, 'admin-forbidden');
  await close();
});

test.each(['/admin/networks', '/quote?status=declined'])('on a phone the chosen tab is in sight: %s', async (path) => {
  const viewport = { width: 320, height: 640 };
  const { page, close } = await house.visit({ as: house.server.administrator, viewport });
  await page.goto(path);
  const tab = page.locator('main nav [aria-current=page]').first();
  await tab.waitFor();
  const { x, width } = (await tab.boundingBox())!;
  expect(x).toBeGreaterThanOrEqual(0);
  expect(x + width).toBeLessThanOrEqual(viewport.width);
  await close();
});

test('of ten thousand accounts a page is asked for and shown at a time, and a search finds the oldest', async () => {
  await writeTo(
    house.server,
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
     insert into users (nickname, role, created_at, revision) select 'person ' || i, 'member', i, 1 from n`,
  );
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
  const sizes: number[] = [];
  page.on('response', async (answer) => {
    if (!new URL(answer.url()).pathname.startsWith('/admin/users')) return;
    sizes.push(((await answer.json()) as { results: unknown[] }).results.length);
  });
  await page.goto('/admin');
  const rows = page.locator('[data-user]');
  await rows.getByText('person 10000', { exact: true }).waitFor();
  expect([await rows.count(), sizes]).toEqual([50, [50]]);
  await page.getByRole('button', { name: t.more }).click();
  await rows.getByText('person 9901', { exact: true }).waitFor();
  expect([await rows.count(), sizes]).toEqual([100, [50, 50]]);
  await page.getByRole('searchbox', { name: t.search }).fill('administrator');
  await expect.poll(() => rows.count()).toBe(1);
  expect(Math.max(...sizes)).toBe(50);
  expect(wrong).toEqual([]);
  await close();
});
