import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

test.each([
  ['/docs', '.opblock-summary-path'],
  ['/redoc', '[data-section-id]'],
])('the reference at %s is shown whole, from this server alone', async (path, operation) => {
  const page = await browser.newPage();
  const wrong: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) wrong.push(request.url());
  });
  await page.goto(server.url + path);
  await page.waitForSelector(operation);
  expect(await page.textContent('body')).toContain('/chat');
  expect(wrong).toEqual([]);
  await page.close();
});
