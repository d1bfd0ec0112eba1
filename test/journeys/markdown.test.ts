import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { barriersOf, photograph, texts, type Visit, type VisitOptions } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const house = openHouse(startChatServer);
let member: Client;
/** Another site, and who asked it for what. */
let elsewhere: Server;
const asked: string[] = [];

beforeAll(async () => {
  elsewhere = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.referer ?? ''}`.trim());
    response.setHeader('content-type', 'image/png').end(pixel);
  }).listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  member = await house.server.join();
});
afterAll(() => {
  elsewhere?.close();
});
beforeEach(() => {
  house.server.provider.reset();
  asked.length = 0;
});

const addressElsewhere = () => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;

/** A conversation whose answer is this markdown. */
async function answer(text: string | string[], options: VisitOptions = {}): Promise<Visit> {
  const opened = await house.visit({ as: member, ...options });
  house.server.provider.script({ text });
  await opened.page.goto('/');
  await opened.page.locator('[data-quota]').waitFor();
  await opened.page.getByRole('textbox', { name: t['composer.label'] }).fill('보여 주세요');
  await opened.page.keyboard.press('Enter');
  await opened.page.getByRole('log').and(opened.page.locator('[aria-busy=false]')).waitFor();
  await opened.page.getByRole('button', { name: t['chat.copy'] }).waitFor();
  return opened;
}

test('formulas are drawn however the model marks them, also while they are written; prices stay prices', async () => {
  const text =
    '넓이는 \\(\\pi r^2\\)이고 $E=mc^2$예요. 커피는 $5, 빵은 $10예요.\n\n\\[\n\\int_0^1 x\\,dx = \\frac{1}{2}\n\\]\n\n끝.';
  const { page, wrong, close } = await answer(text.match(/[\s\S]{1,7}/g)!);
  const prose = page.locator('.prose');
  await expect.poll(() => prose.locator('math').count()).toBe(3);
  expect(await prose.locator('.katex-display annotation').textContent()).toBe('\\int_0^1 x\\,dx = \\frac{1}{2}');
  await prose.getByText('커피는 $5, 빵은 $10예요.').waitFor();
  // The fonts of the library come from the app itself.
  const font = () => page.evaluate(() => document.fonts.check('16px KaTeX_Main'));
  await expect.poll(font).toBe(true);
  expect(await barriersOf(page, 'formulas')).toEqual([]);
  expect(wrong).toEqual([]);
  await close();
});

/** How many pixels of the right and of the lower edge are drawn on: a drawing that is cut off has some. */
const inkAtEdges = (picture: Locator) =>
  picture.evaluate((img: HTMLImageElement) => {
    const { naturalWidth: width, naturalHeight: height } = img;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d')!;
    context.drawImage(img, 0, 0);
    const drawn = (...area: [number, number, number, number]) =>
      context.getImageData(...area).data.filter((value, at) => at % 4 === 3 && value > 0).length;
    return [drawn(width - 3, 0, 2, height), drawn(0, height - 3, width, 2)];
  });

test('a diagram is drawn as a picture, in the colours of the theme, and its text is its alternative', async () => {
  const { page, wrong, close } = await answer(
    '그려 볼게요.\n\n```mermaid\ngraph TD\n  A[질문] --> B{답}\n  B --> C[끝]\n```\n',
  );
  const picture = page.getByRole('img', { name: /graph TD/ });
  await picture.waitFor();
  const size = () => picture.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 50);
  await expect.poll(size).toBe(true);
  expect(await inkAtEdges(picture)).toEqual([0, 0]);
  const source = await picture.getAttribute('src');
  expect(source).toMatch(/^blob:/);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => picture.getAttribute('src')).not.toBe(source);
  await photograph(page, 'diagram-dark');
  expect(wrong).toEqual([]);
  await close();
});

test('nothing that an answer says runs a script, leaves the page or asks another site', async () => {
  const far = addressElsewhere();
  const attacks = [
    `<script>window.hurt = 1</script><img src=x onerror="window.hurt = 2"><svg onload="window.hurt = 3"></svg>`,
    `<iframe src="${far}/frame"></iframe><link rel=stylesheet href="${far}/style"><style>@import "${far}/sheet";</style>`,
    `<form action="${far}"><input name=a autofocus onfocus="window.hurt = 4"></form><base href="${far}">`,
    `<p style="background: url(${far}/background)">배경</p>`,
    '[하나](javascript:window.hurt=5) [둘](data:text/html,<script>parent.hurt=6</script>) <a href="vbscript:x">셋</a>',
    `![그림](${far}/picture.png) ![](javascript:window.hurt=7)`,
    `$\\href{javascript:window.hurt=8}{x}$ $\\includegraphics{${far}/formula}$ $\\htmlStyle{background: url(${far}/tex)}{x}$`,
    '```mermaid\ngraph TD\n  A["<img src=x onerror=window.hurt=9>"] --> B\n  click A call hurt()\n```',
    `\`\`\`mermaid\n%%{init: {"securityLevel": "loose", "themeCSS": "* { background: url(${far}/theme) }"}}%%\ngraph TD\n  A --> B\n\`\`\``,
    `\`\`\`mermaid\nflowchart TD\n  A@{ img: "${far}/shape.png", label: "그림" }\n\`\`\``,
    '```mermaid\ngraph LR\n  C["a"] --> D["javascript:alert(1)"]\n  click C "javascript:window.hurt=10"\n```',
  ];
  const { page, context, wrong, close } = await answer(`${attacks.join('\n\n')}\n\n끝까지 왔어요.`);
  await page.getByText('끝까지 왔어요.').waitFor();
  // The last diagram harms nobody, so it is drawn, as a picture without a link.
  await page.getByRole('img', { name: /graph LR/ }).waitFor();
  const prose = page.locator('.prose');
  expect(
    await prose.locator('script, iframe, form, style, link, base, object, [onerror], [onload], [onfocus]').count(),
  ).toBe(0);
  const links = await prose.locator('a').evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).protocol));
  expect(links.filter((protocol) => !/^https?:$/.test(protocol))).toEqual([]);
  expect(await page.evaluate(() => 'hurt' in window)).toBe(false);
  expect(context.pages()).toHaveLength(1);
  expect(asked).toEqual([]);
  expect(wrong).toEqual([]);
  await close();
});

test('a picture from elsewhere names its place, and is asked for only by a click', async () => {
  const far = addressElsewhere();
  const { page, wrong, close } = await answer(`보세요.\n\n![고양이](${far}/cat.png)\n\n끝.`);
  const load = page.getByRole('button', { name: `고양이: ${new URL(far).host}에서 그림 불러오기` });
  await load.waitFor();
  expect(asked).toEqual([]);
  await load.press('Enter');
  await expect.poll(() => asked).toEqual(['/cat.png']);
  const frame = page.locator('iframe[title="고양이"]');
  await expect.poll(() => frame.evaluate((element) => getComputedStyle(element).aspectRatio)).toBe('1 / 1');
  await frame.contentFrame().locator('img').waitFor();
  expect(wrong).toEqual([]);
  await close();
});

test('code has colours and is copied alone; an answer is copied as markdown and as rich text, with what was drawn as its source', async () => {
  const text =
    '**"굵게"**는\n\n```python\ndef add(a, b):\n    return a + b\n```\n\n$x^2$\n\n```mermaid\ngraph TD\n  A --> B\n```';
  const { page, wrong, close } = await answer(text, { permissions: ['clipboard-read', 'clipboard-write'] });
  const code = page.getByRole('figure', { name: 'python 코드' });
  await code.locator('.hljs-keyword').first().waitFor();
  await page.getByRole('img', { name: /graph TD/ }).waitFor();
  await page.locator('.prose math').waitFor();
  await code.getByRole('button', { name: t['action.copy'] }).click();
  const plain = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(plain).toBe('def add(a, b):\n    return a + b');
  await page.getByRole('button', { name: t['chat.copy'] }).click();
  await expect.poll(plain).toBe(text);
  const rich = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    return (await item!.getType('text/html')).text();
  });
  expect(rich).toMatch(/<(strong|span)[^>]*>"굵게"<\/\1>는/);
  expect(rich).toContain('$x^2$');
  expect(rich).toMatch(/<pre[^>]*>graph TD\n {2}A --&gt; B<\/pre>/);
  expect(rich).not.toMatch(/class=|button|blob:|data-/);
  expect(await barriersOf(page, 'code')).toEqual([]);
  expect(wrong).toEqual([]);
  await close();
});
