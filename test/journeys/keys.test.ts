import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { clientOf } from '#test/client.ts';
import { keyTexts } from '#web/keys/key-texts.ts';
import { barriersOf, photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = keyTexts.ko;
const house = openHouse(startChatServer);

test('a key is made with limits, shown once, works, and is void when it is revoked', async () => {
  const person = await house.server.join();
  const { page, wrong, close } = await house.visit({ as: person });
  const answers: string[] = [];
  page.on(
    'response',
    (response) =>
      void response.text().then(
        (text) => answers.push(text),
        () => {},
      ),
  );
  await page.goto('/keys');
  await page.getByText(t.empty).waitFor();
  await photograph(page, 'keys-empty');
  expect(await barriersOf(page, 'keys-empty')).toEqual([]);
  const steps = page.getByRole('list', { name: t.steps });
  await steps.getByText(`${house.server.url}/v1`, { exact: true }).waitFor();
  // The limit of who reads it, and the same request in three languages.
  await steps.getByText('하루 1,000번까지').waitFor();
  const samples: Record<string, string> = {};
  await steps.getByRole('tab', { name: 'curl' }).focus();
  for (const language of ['curl', 'JavaScript', 'Python']) {
    const sample = steps.getByRole('tabpanel', { name: language }).getByLabel(language, { exact: true });
    samples[language] = await sample.innerText();
    expect(samples[language]).toContain(`${house.server.url}/v1/chat/completions`);
    await page.keyboard.press('ArrowRight');
  }
  expect(await steps.getByRole('tab', { name: 'curl', selected: true }).count()).toBe(1);
  for (const [name, path] of [
    [texts.ko['nav.docs'], '/docs'],
    [t.openapi, '/openapi.json'],
  ] as const) {
    expect(await page.getByRole('main').getByRole('link', { name }).getAttribute('href')).toBe(house.server.url + path);
  }
  await page.getByRole('button', { name: t.create }).click();
  await page.getByRole('textbox', { name: t.name }).fill('보고서 봇');
  await page.getByRole('spinbutton', { name: t.dailyRequests }).fill('3');
  await page.getByRole('spinbutton', { name: t.monthlyBudget }).fill('2.5');
  await photograph(page, 'keys-create');
  await page.keyboard.press('Enter');
  const key = await page.locator('[data-key]').innerText();
  expect(key).toMatch(/^sk-daesa-/);
  await photograph(page, 'keys-new');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  await page.getByRole('button', { name: t.kept }).click();

  answers.length = 0;
  await page.reload();
  await page.locator('[data-key-row]').getByText('하루 3번').waitFor();
  await page.getByText(t.steps).click();
  await steps.getByText(`${house.server.url}/v1`, { exact: true }).waitFor();
  await photograph(page, 'keys');
  expect(await page.content()).not.toContain(key);
  expect(answers.join('\n')).not.toContain(key);

  const program = clientOf(house.server.url, key);
  expect((await program.get('/v1/models')).status).toBe(200);
  // What the empty page told to do works, with the key in its place.
  const told: unknown[] = [];
  const withKey = (language: string) => samples[language]!.replace('sk-daesa-…', key);
  const run = new Function('console', `return (async () => { ${withKey('JavaScript')} })()`);
  await run({ log: (text: unknown) => told.push(text) });
  for (const [program, ...args] of [
    ['sh', '-c', withKey('curl')],
    ['python3', '-c', withKey('Python')],
  ] as const) {
    told.push((await promisify(execFile)(program, args)).stdout);
  }
  expect(told).toEqual([1, 2, 3].map(() => expect.stringContaining('안녕')));
  await page.getByRole('button', { name: '‘보고서 봇’ 폐기' }).click();
  await page.getByRole('button', { name: t.revoke, exact: true }).click();
  await page.getByText(t.empty).waitFor();
  expect((await program.get('/v1/models')).status).toBe(401);
  expect(wrong).toEqual([]);
  await close();
});

test('a key is edited on a phone, and an empty field takes its limit away', async () => {
  const person = await house.server.join();
  await person.post('/keys', { name: '폰', daily_requests: 3 });
  const { page, close } = await house.visit({ as: person, viewport: { width: 320, height: 640 } });
  await page.goto('/keys');
  await page.getByRole('button', { name: '‘폰’ 수정' }).click();
  await page.getByRole('spinbutton', { name: t.dailyRequests }).fill('');
  await photograph(page, 'keys-edit-320');
  await page.getByRole('button', { name: t.save, exact: true }).click();
  await page.getByText(t.noLimits).waitFor();
  const { body } = await person.get('/keys');
  expect(body.results[0].daily_requests).toBeNull();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await photograph(page, 'keys-320');
  await close();
});

test('a webhook for budget alerts is set, its secret shown once, and removed', async () => {
  const person = await house.server.join();
  const { page, wrong, close } = await house.visit({ as: person });
  await page.goto('/keys');
  await page.getByRole('button', { name: t.setWebhook }).click();
  const address = page.getByRole('textbox', { name: t.webhookAddress });
  await address.fill('http://127.0.0.1/hook');
  await page.keyboard.press('Enter');
  await page.getByText(t.webhookWrong).waitFor();
  await address.fill('https://hooks.example.com/daesa');
  await page.keyboard.press('Enter');
  const secret = await page.locator('[data-secret]').innerText();
  expect(secret).toMatch(/^whsec_/);
  await photograph(page, 'keys-webhook');
  await page.getByRole('button', { name: t.kept }).click();
  await page.getByText('https://hooks.example.com/daesa').waitFor();
  expect(await page.content()).not.toContain(secret);
  await page.getByRole('button', { name: t.removeWebhook }).click();
  await page.getByText(t.noWebhook).waitFor();
  expect((await person.get('/usage/webhook')).status).toBe(404);
  expect(wrong).toEqual([]);
  await close();
});
