import { beforeAll, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { botTexts } from '#web/bots/bot-texts.ts';
import { builderTexts } from '#web/bots/builder-texts.ts';
import { chatTexts } from '#web/chat/chat-texts.ts';
import { barriersOf, photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = builderTexts.ko;
const house = openHouse(startChatServer);
let member: Client;

beforeAll(async () => {
  member = await house.server.join('하늘');
});

const question = (n: number) => t.question.replace('{n}', String(n));

test('an administrator makes a bot, orders its questions by keyboard, tries it before saving, and goes back to what it was', async () => {
  const { page, wrong, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/bots');
  await page.getByRole('button', { name: botTexts.ko.new }).click();
  await page.getByRole('textbox', { name: t.name }).fill('글쓰기 도우미');
  await page.getByRole('textbox', { name: t.slug }).fill('planner');
  await page.getByRole('button', { name: t.create }).click();
  await page.getByText(t.slugTaken).waitFor();
  await page.getByRole('textbox', { name: t.slug }).fill('writer');
  await page.getByRole('button', { name: t.create }).click();
  await page.waitForURL((url) => url.pathname === '/bots/writer/edit');

  await page.getByRole('textbox', { name: t.instructions }).fill('짧게 답해 주세요.');
  for (const [index, text] of ['무엇을 쓰나요?', '누가 읽나요?'].entries()) {
    await page.getByRole('button', { name: t.addQuestion, exact: true }).press('Enter');
    await page.getByRole('textbox', { name: question(index + 1), exact: true }).fill(text);
  }
  await page.getByRole('button', { name: t.up.replace('{n}', '2'), exact: true }).press('Enter');
  expect(await page.getByRole('textbox', { name: question(1), exact: true }).inputValue()).toBe('누가 읽나요?');
  // What is wrong is said when a field is left, and the way back to it is found on saving.
  const temperature = page.getByRole('textbox', { name: t.temperature });
  await temperature.fill('3');
  expect(await page.getByText(t.temperatureWrong).count()).toBe(0);
  await temperature.press('Tab');
  await page.getByText(t.temperatureWrong).waitFor();
  await page.keyboard.press('Control+s');
  await expect.poll(() => temperature.evaluate((field) => field === document.activeElement)).toBe(true);
  await temperature.fill('0.4');
  await page.getByText(t.temperatureWrong).waitFor({ state: 'detached' });

  house.server.provider.script({ text: '**미리** 답했어요' });
  await page.getByRole('textbox', { name: t.previewField }).fill('안녕?');
  await page.getByRole('textbox', { name: t.previewField }).press('Enter');
  await page.getByText('미리', { exact: true }).waitFor();
  // A screen reader hears it once: the log itself is silent.
  await page.getByText(`${texts.ko['announce.arrived']} 미리 답했어요`).waitFor();
  expect(await page.getByRole('log').getAttribute('aria-live')).toBe('off');
  const asked = house.server.provider.requests.at(-1)!.body as {
    messages: { role: string; content: string }[];
    temperature: number;
  };
  expect(asked.messages[0]).toMatchObject({ role: 'system', content: expect.stringContaining('짧게 답해 주세요.') });
  expect(asked.temperature).toBe(0.4);
  expect((await member.get('/bots/writer')).body.intake).toEqual([]);

  await page.keyboard.press('Control+s');
  await page.getByText(t.version.replace('{n}', '2')).first().waitFor();
  await photograph(page, 'builder');
  expect(await barriersOf(page, 'builder')).toEqual([]);
  expect((await member.get('/bots/writer')).body).toMatchObject({
    version: 2,
    intake: [{ question: '누가 읽나요?' }, { question: '무엇을 쓰나요?' }],
  });
  await page.getByRole('button', { name: `${t.restore}: ${t.version.replace('{n}', '1')}` }).click();
  await page.getByText(t.restored.replace('{n}', '1')).waitFor();
  expect(await page.getByRole('textbox', { name: question(1), exact: true }).count()).toBe(0);
  expect((await member.get('/bots/writer')).body).toMatchObject({ version: 3, intake: [] });

  // A preview leaves nothing behind.
  await page.goto('/bots');
  await expect.poll(async () => (await house.server.administrator.get('/sessions?mine=true')).body.count).toBe(0);
  expect(wrong).toEqual([]);
  await close();
});

test('leaving with changes is asked about, and what somebody else saved is not overwritten unseen', async () => {
  await house.server.administrator.post('/bots', { slug: 'shared', name: '함께 쓰는 봇' });
  const { page, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/bots');
  await page.getByRole('link', { name: /함께 쓰는 봇/ }).click();
  await page.getByRole('link', { name: botTexts.ko.edit }).click();
  const greeting = page.getByRole('textbox', { name: t.greeting });
  await greeting.fill('반가워요');
  await page.getByRole('navigation').getByRole('link', { name: texts.ko['nav.bots'] }).click();
  await page.getByRole('dialog', { name: t.leaveTitle }).getByText(t.leaveKept).waitFor();
  await photograph(page, 'builder-leave');
  await page.getByRole('button', { name: t.stay }).click();
  expect(await greeting.inputValue()).toBe('반가워요');

  await page.goBack();
  await page.getByRole('dialog', { name: t.leaveTitle }).waitFor();
  await page.keyboard.press('Escape');
  expect(await greeting.inputValue()).toBe('반가워요');

  await house.server.administrator.put('/bots/shared', { description: '다른 사람이 고쳤어요' });
  await page.keyboard.press('Control+s');
  await page.getByRole('alert').getByText(t.description).waitFor();
  await photograph(page, 'builder-conflict');
  expect(await barriersOf(page, 'builder-conflict')).toEqual([]);
  await page.getByRole('button', { name: t.takeTheirs }).click();
  expect(await page.getByRole('textbox', { name: t.description }).inputValue()).toBe('다른 사람이 고쳤어요');
  expect(await greeting.inputValue()).toBe('');

  await page.getByRole('button', { name: t.delete }).click();
  const dialog = page.getByRole('dialog', { name: t.deleteTitle });
  expect(await dialog.getByRole('button', { name: t.delete }).isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill('함께 쓰는 봇');
  await dialog.getByRole('button', { name: t.delete }).click();
  await page.waitForURL((url) => url.pathname === '/bots');
  expect((await member.get('/bots/shared')).status).toBe(404);
  await close();
});

test('what is not saved is kept on this device, told, and gone on with after a crash; nobody else sees it', async () => {
  await house.server.administrator.post('/bots', { slug: 'kept', name: '이어서 고칠 봇' });
  const { page, context, wrong, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/bots/kept/edit');
  await page.getByText(t.saved).waitFor();
  await page.getByRole('textbox', { name: t.greeting }).fill('쓰다 만 인사');
  await page.getByText(`${t.kept} · ${texts.ko['time.now']}`).waitFor();
  await photograph(page, 'builder-kept');
  expect((await member.get('/bots/kept')).body).toMatchObject({ greeting: '', version: 1 });

  // The first tab is lost without a word.
  const again = await context.newPage();
  await page.close({ runBeforeUnload: false });
  await again.goto('/bots/kept/edit');
  const greeting = again.getByRole('textbox', { name: t.greeting });
  await again.getByText(t.resumed).waitFor();
  expect(await greeting.inputValue()).toBe('쓰다 만 인사');
  await photograph(again, 'builder-resumed');
  expect(await barriersOf(again, 'builder-resumed')).toEqual([]);

  // What is typed while it is being saved is not taken away.
  const held = Promise.withResolvers<void>();
  await again.route('**/bots/kept', async (route) => {
    if (route.request().method() === 'PUT') await held.promise;
    await route.continue();
  });
  await again.keyboard.press('Control+s');
  await greeting.fill('쓰다 만 인사, 더 쓴 인사');
  held.resolve();
  await again.getByText(t.version.replace('{n}', '2')).first().waitFor();
  expect(await greeting.inputValue()).toBe('쓰다 만 인사, 더 쓴 인사');
  expect((await member.get('/bots/kept')).body.greeting).toBe('쓰다 만 인사');

  // Back to what is saved; then there is nothing to go on with.
  await again.getByText(t.kept).waitFor();
  await again.close({ runBeforeUnload: false });
  const last = await context.newPage();
  await last.goto('/bots/kept/edit');
  await last.getByRole('button', { name: t.discard }).click();
  await last.getByText(`${t.saved} · ${texts.ko['time.now']}`).waitFor();
  expect(await last.getByRole('textbox', { name: t.greeting }).inputValue()).toBe('쓰다 만 인사');
  await last.reload();
  await last.getByText(t.saved).waitFor();
  expect(await last.getByText(t.resumed).count()).toBe(0);
  expect(wrong).toEqual([]);
  await close();
});

test('a draft of an older version is compared with what somebody else has saved since, and one that no storage takes is called unsaved', async () => {
  await house.server.administrator.post('/bots', { slug: 'older', name: '오래된 초안' });
  const { page, close } = await house.visit({ as: house.server.administrator });
  await page.goto('/bots/older/edit');
  await page.getByRole('textbox', { name: t.greeting }).fill('내 인사');
  await page.getByText(t.kept).waitFor();
  await house.server.administrator.put('/bots/older', { description: '그사이의 소개' });
  await page.reload();
  await page.getByRole('alert').getByText(t.description).waitFor();
  expect(await page.getByRole('textbox', { name: t.greeting }).inputValue()).toBe('내 인사');

  await page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await page.getByRole('textbox', { name: t.greeting }).fill('내 인사, 그리고 더');
  await page.getByText(t.unsaved).waitFor();
  await page.route('**/bots/older', (route) => route.fulfill({ status: 500 }));
  await page.getByRole('button', { name: t.keepMine }).click();
  await page.getByRole('button', { name: texts.ko['action.tryAgain'] }).waitFor();
  await photograph(page, 'builder-failed');
  await close();
});

test('a member picks a bot for a new conversation, and sees nothing of the builder', async () => {
  const { page, wrong, close } = await house.visit({ as: member });
  await page.goto('/bots/planner/edit');
  await page.getByText(t.onlyAdministrators).waitFor();
  expect(await barriersOf(page, 'builder-member')).toEqual([]);
  await page.goto('/');
  await page.getByRole('button', { name: chatTexts.ko.pickBot }).click();
  await photograph(page, 'bot-picker');
  await page.getByRole('menuitemradio', { name: '목표 플래너' }).click();
  await page.waitForURL((url) => url.pathname === '/sessions/new' && url.searchParams.get('bot') === 'planner');
  await page.goto('/bots/stove-league');
  await page.getByRole('textbox').fill('그 대사를 알려 줘');
  await page.getByRole('link', { name: botTexts.ko.request }).click();
  await page.waitForURL((url) => url.pathname === '/quote');
  expect(await page.getByRole('textbox', { name: '대사', exact: true }).inputValue()).toBe('그 대사를 알려 줘');
  expect(wrong).toEqual([]);
  await close();
});

test.each(['light', 'dark'] as const)('the builder can be used by everybody in English (%s)', async (colorScheme) => {
  const { page, close } = await house.visit({ as: house.server.administrator, language: 'en', colorScheme });
  await page.goto('/bots/planner/edit');
  await page.getByRole('textbox', { name: builderTexts.en.instructions }).waitFor();
  await photograph(page, `builder-${colorScheme}`);
  expect(await barriersOf(page, `builder-${colorScheme}`)).toEqual([]);
  await close();
});

test("the bot of somebody's assistant is at no address, and nobody is told its name", async () => {
  const { body: assistant } = await house.server.administrator.post(
    '/v1/assistants',
    { model: 'gpt-4o-mini', name: '비밀 비서' },
    { 'openai-beta': 'assistants=v2' },
  );
  expect(assistant.id).toMatch(/^asst_/);
  for (const as of [member, house.server.administrator]) {
    const { page, close } = await house.visit({ as });
    for (const path of [`/bots/${assistant.id}`, `/sessions/new?bot=${assistant.id}`]) {
      const answer = page.waitForResponse(
        (response) => response.url().endsWith(`/bots/${assistant.id}`) && response.request().resourceType() === 'fetch',
      );
      await page.goto(path);
      expect((await answer).status()).toBe(404);
      await page.getByText(botTexts.ko.missing).waitFor();
      expect(await page.content()).not.toContain('비밀 비서');
    }
    await close();
  }
});
