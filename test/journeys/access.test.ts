import AxeBuilder from '@axe-core/playwright';
import { beforeAll, expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { photograph, type Language } from './browser.ts';
import { openHouse } from './house.ts';

const house = openHouse(startChatServer);
let member: Client;
let conversation: string;

beforeAll(async () => {
  member = await house.server.join();
  house.server.provider.script({
    text: '## 제목\n\n1. **하나**\n2. `둘`\n\n| 가 | 나 |\n| - | - |\n| 1 | 2 |\n\n```js\nlet x = 1;\n```',
  });
  const { body } = await member.post('/chat', { content: '목록과 표' });
  conversation = `/sessions/${body.session_id}`;
});

const looks = (['ko', 'en'] as const).flatMap((language) =>
  (['light', 'dark'] as const).map((theme): [Language, 'light' | 'dark'] => [language, theme]),
);

test.each(looks)('no page has a serious barrier, nor scrolls sideways at 320 px (%s, %s)', async (language, theme) => {
  const guest = await house.visit({ language, colorScheme: theme });
  const person = await house.visit({ language, colorScheme: theme, as: member });
  const screens = [
    { page: guest.page, path: '/accounts/login', seen: 'form' },
    { page: guest.page, path: '/accounts/join', seen: 'form' },
    { page: guest.page, path: '/', seen: 'textarea' },
    { page: person.page, path: '/', seen: '[data-quota]' },
    { page: person.page, path: conversation, seen: 'table' },
    { page: person.page, path: '/chat', seen: '[data-row]' },
  ];
  const found: string[] = [];
  for (const { page, path, seen } of screens) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(path);
    await page.locator(seen).first().waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const { id, impact, nodes } of violations) {
      if (impact === 'serious' || impact === 'critical') found.push(`${path} ${id}: ${nodes[0]?.html}`);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) found.push(`${path} is ${width} px wide`);
    await photograph(page, `320${path.replaceAll('/', '-')}-${language}-${theme}`);
  }
  expect(found).toEqual([]);
  await guest.close();
  await person.close();
});
