import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { historyTexts } from '#web/chat/history-texts.ts';
import { photograph, texts, type Language } from './browser.ts';
import { openHouse } from './house.ts';

const house = openHouse(() => startChatServer({ env: { DAILY_REQUEST_LIMIT: '5' } }));

const numbered = Array.from({ length: 60 }, (_, index) => `${index === 0 ? '' : ' '}낱말${index + 1}`);

test.each<Language>(['ko', 'en'])(
  'a person joins, asks, watches, stops, comes back in the middle and finds it again (%s)',
  async (language) => {
    const t = texts[language];
    const { page, wrong, close } = await house.visit({ language });
    const email = `journey-${language}@example.com`;

    await page.goto('/accounts/join');
    await page.getByRole('textbox', { name: t['auth.email'] }).fill(email);
    await page.getByRole('textbox', { name: t['auth.nickname'] }).fill('하늘');
    await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
    await photograph(page, `join-${language}`);
    await page.getByRole('button', { name: t['auth.joinNow'] }).click();
    await page.waitForURL((url) => url.pathname === '/');
    expect(await page.getAttribute('html', 'lang')).toBe(language);

    // Out and in again, with the account that was just made.
    await page.getByRole('button', { name: t['nav.account'] }).click();
    await page.getByRole('menuitem', { name: t['auth.logOut'] }).click();
    await page.getByRole('navigation').getByRole('link', { name: t['auth.logIn'] }).click();
    await page.getByRole('textbox', { name: t['auth.email'] }).fill(email);
    await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
    await photograph(page, `login-${language}`);
    await page.getByRole('button', { name: t['auth.logIn'], exact: true }).click();
    await page.waitForURL((url) => url.pathname === '/');

    const composer = page.getByRole('textbox', { name: t['composer.label'] });
    const quotaLeft = (n: number) => page.getByText(t['quota.left'].replace('{n}', String(n)));
    const log = page.getByRole('log');
    await quotaLeft(5).waitFor();
    await photograph(page, `empty-${language}`);

    // The answer streams, and stops when it is told to.
    house.server.provider.script({ fault: 'endless', paceMs: 30 });
    await composer.fill('첫 질문');
    await composer.press('Enter');
    await page.waitForURL(/\/sessions\/\d+$/);
    await log.locator('.prose-writing').waitFor();
    await page.getByRole('button', { name: t['composer.stop'] }).click();
    await log.getByText(t.stopped).waitFor();
    const stopped = await log.locator('.prose').innerText();
    expect(stopped).not.toBe('');
    await quotaLeft(4).waitFor();

    // What has come stays, and stays the same.
    await page.reload();
    await log.getByText(t.stopped).waitFor();
    expect((await log.locator('.prose').innerText()).trim()).toBe(stopped.trim());

    // A reload in the middle of an answer joins it again.
    house.server.provider.script({ text: numbered, paceMs: 60 });
    await composer.fill('둘째 질문');
    await page.getByRole('button', { name: t['composer.send'] }).click();
    await log.getByText('낱말3').waitFor();
    await page.reload();
    await log.getByText(/낱말60$/).waitFor();
    expect(await log.locator('.prose').last().innerText()).toBe(numbered.join(''));
    await page.getByRole('button', { name: t['composer.send'] }).waitFor();
    await quotaLeft(3).waitFor();
    await photograph(page, `answer-${language}`);

    // It is found by what was said in it.
    await page.goto('/chat');
    const search = page.getByRole('searchbox', { name: historyTexts[language].search });
    await search.fill('없는 낱말');
    await page.getByText(historyTexts[language].noResult.replace('{query}', '없는 낱말')).waitFor();
    await search.fill('낱말42');
    const rows = page.getByRole('main').locator('[data-row]');
    await rows.getByText('낱말42').waitFor();
    expect(await rows.count()).toBe(1);
    await photograph(page, `history-${language}`);
    await rows.first().click();
    await page.waitForURL(/\/sessions\/\d+$/);
    await log.getByText(/낱말60$/).waitFor();
    expect(wrong).toEqual([]);
    await close();
  },
);
