import type { CDPSession, Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { starterTexts } from '#web/chat/starter-texts.ts';
import { photograph, texts, type VisitOptions, type Visit } from './browser.ts';
import { openHouse } from './house.ts';
import { complete, compose, pressEnter } from './input-method.ts';

const t = texts.ko;
const house = openHouse(startChatServer);
let member: Client;

beforeAll(async () => {
  member = await house.server.join();
});
beforeEach(() => house.server.provider.reset());

const composerOf = (page: Page) => page.getByRole('textbox', { name: t['composer.label'] });
const answersOf = (page: Page) => page.getByRole('log').locator('.prose');

/** A new conversation, with every text that the page asks of the server. */
async function openChat(options: VisitOptions = {}): Promise<Visit & { asked: string[] }> {
  const opened = await house.visit({ as: member, ...options });
  const asked: string[] = [];
  opened.page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/chat/stream') {
      asked.push(request.postDataJSON().content);
    }
  });
  await opened.page.goto('/');
  await opened.page.locator('[data-quota]').waitFor();
  await composerOf(opened.page).focus();
  return { ...opened, asked };
}

/** Resolves once nothing is being written and the answers are this many. */
async function answered(page: Page, count = 1): Promise<void> {
  await page.getByRole('log').and(page.locator('[aria-busy=false]')).waitFor();
  await expect.poll(() => answersOf(page).count()).toBe(count);
}

describe('Enter while Hangul is composed sends the whole text exactly once', () => {
  /** A browser that says of the Enter in mid-composition that nothing is composed. */
  const plainEnter = (page: Page) =>
    composerOf(page).evaluate((field) =>
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 13, bubbles: true, cancelable: true })),
    );

  const orders: Record<string, (keys: CDPSession, page: Page) => Promise<void>> = {
    'A: 229, end, 13': async (keys) => {
      await pressEnter(keys, 229);
      await complete(keys, '요');
      await pressEnter(keys, 13);
    },
    'B: 229, end': async (keys) => {
      await pressEnter(keys, 229);
      await complete(keys, '요');
    },
    'C: end, 229': async (keys) => {
      await complete(keys, '요');
      await pressEnter(keys, 229);
    },
    'D: 13 without a sign, end': async (keys, page) => {
      await plainEnter(page);
      await complete(keys, '요');
    },
  };
  test.each(Object.keys(orders))('%s', async (order) => {
    const { page, context, asked, close } = await openChat();
    const keys = await context.newCDPSession(page);
    await complete(keys, '안녕하세');
    for (const syllable of ['ㅇ', '요']) await compose(keys, syllable);
    await orders[order]!(keys, page);
    await answered(page);
    expect(asked).toEqual(['안녕하세요']);
    expect(await composerOf(page).inputValue()).toBe('');
    await close();
  });

  test('Enter that completes kana sends nothing; the next one sends', async () => {
    const { page, context, asked, close } = await openChat();
    const keys = await context.newCDPSession(page);
    await compose(keys, 'かな');
    await pressEnter(keys, 229);
    await complete(keys, 'かな');
    expect(await composerOf(page).inputValue()).toBe('かな');
    expect(asked).toEqual([]);
    await pressEnter(keys, 13);
    await answered(page);
    expect(asked).toEqual(['かな']);
    await close();
  });
});

test('two quick Enters, and a double click, ask once and stop nothing', async () => {
  const { page, asked, close } = await openChat();
  await composerOf(page).fill('하나');
  await Promise.all([page.keyboard.press('Enter'), page.keyboard.press('Enter')]);
  await answered(page);
  await composerOf(page).fill('둘');
  house.server.provider.script({ text: ['천천히 ', '끝까지'], paceMs: 300 });
  await page.getByRole('button', { name: t['composer.send'] }).dblclick();
  await answersOf(page).nth(1).getByText('천천히 끝까지').waitFor();
  expect(asked).toEqual(['하나', '둘']);
  await close();
});

test('a way to start fills the field and sends nothing', async () => {
  const { page, asked, close } = await openChat();
  await page.getByRole('button', { name: starterTexts.ko.explain }).click();
  await expect.poll(() => composerOf(page).inputValue()).toBe(starterTexts.ko['explain.text']);
  await page.waitForLoadState('networkidle');
  expect(asked).toEqual([]);
  expect(new URL(page.url()).pathname).toBe('/');
  await close();
});

test('who scrolls up is left where they read; who stands at the end follows', async () => {
  const { page, close } = await openChat();
  house.server.provider.script({ text: Array.from({ length: 120 }, (_, line) => `줄${line + 1}\n\n`), paceMs: 50 });
  await composerOf(page).fill('길게 써 주세요');
  await page.keyboard.press('Enter');
  const log = page.getByRole('log');
  const top = () => log.evaluate((scroller) => scroller.scrollTop);
  await expect.poll(top, { timeout: 20_000 }).toBeGreaterThan(200);
  await log.hover();
  await page.mouse.wheel(0, -50);
  await page.getByRole('button', { name: t['chat.toEnd'] }).waitFor();
  const left = await top();
  const written = await log.locator('.prose p').count();
  await expect.poll(() => log.locator('.prose p').count(), { timeout: 15_000 }).toBeGreaterThan(written + 20);
  expect(Math.abs((await top()) - left)).toBeLessThanOrEqual(1);
  await page.getByRole('button', { name: t['chat.toEnd'] }).click();
  await log.getByText('줄120').waitFor();
  await expect.poll(() => log.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1);
  await close();
});

test('a sent question stands at the top with room for its answer below, and what came before is out of sight', async () => {
  const { page, close } = await openChat();
  house.server.provider.script(
    { text: Array.from({ length: 60 }, (_, line) => `줄${line + 1}\n\n`) },
    { text: '짧게' },
  );
  await composerOf(page).fill('길게 써 주세요');
  await page.keyboard.press('Enter');
  const log = page.getByRole('log');
  await log.getByText('줄60').waitFor();
  await answered(page);
  await composerOf(page).fill('이번에는 짧게 써 주세요');
  await page.keyboard.press('Enter');
  const places = () =>
    log.evaluate((scroller) => {
      const frame = scroller.getBoundingClientRect();
      const [earlier, latest] = [...scroller.querySelectorAll('article')];
      return {
        isEarlierGone: earlier!.querySelector('.prose')!.getBoundingClientRect().bottom <= frame.top,
        isAtTop: Math.abs(latest!.getBoundingClientRect().top - frame.top) < 16,
        hasRoom: latest!.clientHeight > frame.height - 48,
      };
    });
  const atTop = { isEarlierGone: true, isAtTop: true, hasRoom: true };
  await expect.poll(places).toEqual(atTop);
  await log.getByText('짧게', { exact: true }).waitFor();
  await answered(page, 2);
  expect(await places()).toEqual(atTop);
  await close();
});

describe('an answer that is followed is let go of, and followed again within 60 px of its end', () => {
  const hands: Record<string, (page: Page) => Promise<void>> = {
    'by PageUp': (page) => page.getByRole('log').press('PageUp'),
    'by Home': (page) => page.getByRole('log').press('Home'),
    'by a finger': async (page) => {
      const keys = await page.context().newCDPSession(page);
      const at = (y: number) => [{ x: 300, y }];
      await keys.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(200) });
      for (const y of [210, 230, 260]) {
        await keys.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(y) });
      }
      await keys.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    },
  };
  test.each(Object.keys(hands))('%s', async (hand) => {
    const { page, close } = await openChat({ hasTouch: true });
    house.server.provider.script({ text: Array.from({ length: 160 }, (_, line) => `줄${line + 1}\n\n`), paceMs: 40 });
    await composerOf(page).fill('길게 써 주세요');
    await composerOf(page).press('Control+Enter');
    const log = page.getByRole('log');
    await expect.poll(() => log.evaluate((scroller) => scroller.scrollTop), { timeout: 20_000 }).toBeGreaterThan(200);
    await hands[hand]!(page);
    const toEnd = page.getByRole('button', { name: t['chat.toEnd'] });
    await toEnd.waitFor();
    const written = await log.locator('.prose p').count();
    await expect.poll(() => log.locator('.prose p').count()).toBeGreaterThan(written + 5);
    expect(await toEnd.isVisible()).toBe(true);
    await expect
      .poll(async () => {
        // A line or two more may come before the browser says that it has scrolled.
        await log.evaluate((s) => s.scrollTo({ top: s.scrollHeight - s.clientHeight - 10 }));
        return toEnd.waitFor({ state: 'detached', timeout: 500 }).then(
          () => true,
          () => false,
        );
      })
      .toBe(true);
    await log.getByText('줄160').waitFor();
    await expect.poll(() => log.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1);
    await close();
  });
});

test('an answer that fails before its first word costs nothing and can be asked again, as any answer can', async () => {
  const { page, close } = await openChat();
  const left = await page.locator('[data-quota]').getAttribute('data-quota');
  house.server.provider.setDefault({ status: 500 });
  await composerOf(page).fill('될까요?');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText(t['model.fail']).waitFor({ timeout: 40_000 });
  await expect.poll(() => page.locator('[data-quota]').getAttribute('data-quota')).toBe(left);
  house.server.provider.setDefault({ text: '이제 돼요' });
  await page.getByRole('button', { name: t['action.tryAgain'] }).click();
  await answersOf(page).getByText('이제 돼요').waitFor();
  house.server.provider.setDefault({ text: '다르게 말하면' });
  await page.getByRole('button', { name: t['chat.regenerate'] }).click();
  await answersOf(page).getByText('다르게 말하면').waitFor();
  expect(await answersOf(page).count()).toBe(1);
  await close();
});

test('a draft survives a reload and belongs to its conversation only', async () => {
  const { page, close } = await openChat();
  await composerOf(page).fill('첫 대화');
  await page.keyboard.press('Enter');
  await answered(page);
  await composerOf(page).fill('이어서 쓰던 글');
  await page.reload();
  await answered(page);
  expect(await composerOf(page).inputValue()).toBe('이어서 쓰던 글');
  await page.getByRole('navigation').getByRole('link', { name: t['nav.newChat'] }).click();
  await page.waitForURL((url) => url.pathname === '/');
  await expect.poll(() => composerOf(page).inputValue()).toBe('');
  await page.goBack();
  await expect.poll(() => composerOf(page).inputValue()).toBe('이어서 쓰던 글');
  await close();
});

test('a screen reader hears three messages an answer at most', async () => {
  const { page, close } = await openChat();
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const region = document.querySelector('output[aria-live=polite]')!;
    new MutationObserver(() => heard.push(region.textContent)).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  house.server.provider.script({ text: Array.from({ length: 40 }, (_, word) => `말${word} `), paceMs: 10 });
  await composerOf(page).fill('들려주세요');
  await page.keyboard.press('Enter');
  await answered(page);
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  await expect.poll(async () => (await heard()).at(-1)).toContain(t['announce.arrived']);
  expect((await heard()).length).toBeLessThanOrEqual(3);
  await close();
});

test('a wide table scrolls inside of a phone, and copying gives text and markup', async () => {
  const { page, close } = await openChat({
    viewport: { width: 375, height: 720 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const row = (cell: string) => `| ${Array.from({ length: 8 }, (_, at) => `${cell}${at + 1}번째`).join(' | ')} |`;
  const table = [row('머리'), `|${' --- |'.repeat(8)}`, row('칸')].join('\n');
  house.server.provider.script({ text: `**"표"**를 보세요.\n\n${table}` });
  await composerOf(page).fill('표로 보여 주세요');
  await page.getByRole('button', { name: t['composer.send'] }).click();
  await answered(page);
  const region = page.getByRole('region', { name: t['markdown.table'] });
  await region.waitFor();
  expect(await region.evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(true);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  expect(await answersOf(page).locator('p').first().innerText()).toBe('"표"를 보세요.');
  await photograph(page, 'table-375');
  await page.getByRole('button', { name: t['chat.copy'] }).click();
  await page.getByRole('button', { name: t['toast.copied'] }).waitFor();
  const copied = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const read = async (type: string) => (await item!.getType(type)).text();
    return { plain: await read('text/plain'), html: await read('text/html') };
  });
  expect(copied.plain).toContain('| 칸1번째 |');
  expect(copied.html).toContain('<table');
  await close();
});
