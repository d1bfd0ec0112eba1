import { Events, type OAuth2Server } from 'oauth2-mock-server';
import { Secret, TOTP } from 'otpauth';
import { afterAll, expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startOpenIdProvider } from '#test/login-providers.ts';
import { freePort } from '#test/postgres.ts';
import { startServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';
import { profileTexts } from '#web/accounts/profile-texts.ts';
import { botTexts } from '#web/bots/bot-texts.ts';
import { quoteTexts } from '#web/quotes/quote-texts.ts';
import { photograph, texts } from './browser.ts';
import { openHouse } from './house.ts';

const t = texts.ko;
let google: OAuth2Server;
afterAll(() => google?.stop());

const house = openHouse(async () => {
  google = await startOpenIdProvider();
  // The provider has to be told where it sends the browser back to.
  const port = await freePort();
  return startServer({
    env: {
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      GOOGLE_CLIENT_ID: 'client',
      GOOGLE_CLIENT_SECRET: 'client-secret',
      GOOGLE_ISSUER: google.issuer.url!,
    },
  });
});

test('whoever logs in with a provider shows the second factor of the account, and goes on where they were going', async () => {
  const owner = await joinAs(house.server.url);
  await writeTo(house.server, 'update users set email_verified_at = 1');
  const { secret } = (await owner.post('/accounts/two-factor', { current_password: 'correct horse 7' })).body;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const turned = await owner.put('/accounts/two-factor', { otp: totp.generate() });
  google.service.on(Events.BeforeTokenSigning, (token) =>
    Object.assign(token.payload, { sub: 'owner', email: owner.email, email_verified: true, name: 'Owner' }),
  );
  const { page, close, wrong } = await house.visit();
  await page.goto('/chat?q=y');
  await page.getByRole('link', { name: t['auth.google'] }).click();
  await page.waitForURL((url) => url.pathname === '/accounts/login/code');
  const field = page.getByRole('textbox', { name: t['auth.codeField'] });
  await field.fill('000000');
  await page.keyboard.press('Enter');
  await page.getByText(t['auth.codeWrong']).waitFor();
  await field.fill(turned.body.recovery_codes[0]);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === '/chat');
  expect(page.url()).toBe(`${house.server.url}/chat?q=y`);
  expect(wrong.filter((line) => !line.includes('401'))).toEqual([]);
  await close();
});

test('a login with a provider is linked on the profile, then logs in to that account, and is unlinked there again', async () => {
  const p = profileTexts.ko;
  const person = await joinAs(house.server.url, '이어진이');
  google.service.on(Events.BeforeTokenSigning, (token) => Object.assign(token.payload, { sub: 'linked' }));
  const { page, close, wrong } = await house.visit({ as: person });
  await page.goto('/accounts/profile');
  await page.getByRole('button', { name: `Google ${p.link}` }).click();
  await page.getByRole('status').getByText(p.linked).waitFor();
  expect((await person.get('/accounts/security')).body.identities).toMatchObject([{ provider: 'google' }]);

  const elsewhere = await house.visit();
  await elsewhere.page.goto('/accounts/login?next=/accounts/profile');
  await elsewhere.page.getByRole('link', { name: t['auth.google'] }).click();
  await elsewhere.page.getByRole('main').getByText(person.email).waitFor();
  await elsewhere.close();

  await page.getByRole('button', { name: `Google ${p.unlink}` }).click();
  await page.getByText(p.unlinked).waitFor();
  await page.getByText(p.notLinked).waitFor();
  expect((await person.get('/accounts/security')).body.identities).toEqual([]);
  expect(wrong).toEqual([]);
  await close();
});

test('whoever joins again with an address that a provider has brought is told which one', async () => {
  const email = 'brought@example.com';
  google.service.on(Events.BeforeTokenSigning, (token) =>
    Object.assign(token.payload, { sub: 'brought', email, email_verified: true, name: 'Brought' }),
  );
  const first = await house.visit();
  await first.page.goto('/accounts/join');
  await first.page.getByRole('link', { name: t['auth.google'] }).click();
  await first.page.waitForURL((url) => url.pathname === '/');
  await first.close();
  const { page, close } = await house.visit();
  await page.goto('/accounts/join');
  await page.getByRole('textbox', { name: t['auth.email'] }).fill(email);
  await page.getByRole('textbox', { name: t['auth.nickname'] }).fill('또 나');
  await page.getByLabel(t['auth.password'], { exact: true }).fill('correct horse 7');
  await page.keyboard.press('Enter');
  await page.getByText('Google 로그인으로 가입한 이메일이에요').waitFor();
  expect(new URL(page.url()).pathname).toBe('/accounts/join');
  await photograph(page, 'join-provider');
  await close();
});

test.each([
  { where: 'a request for the board', path: '/quote?write=yes', label: quoteTexts.ko.content, go: quoteTexts.ko.login },
  { where: 'a question to a bot', path: '/bots/stove-league', label: botTexts.ko.question, go: botTexts.ko.login },
])('what a guest has typed is there, not sent, after a login that returns on a fresh page: $where', async (form) => {
  google.service.on(Events.BeforeTokenSigning, (token) =>
    Object.assign(token.payload, { sub: form.label, name: '손님', email: undefined }),
  );
  const { page, close, wrong } = await house.visit();
  const posts: string[] = [];
  page.on('request', (sent) => sent.method() === 'POST' && posts.push(sent.url()));
  await page.goto(form.path);
  const field = page.getByRole('main').getByRole('textbox', { name: form.label, exact: true });
  await field.fill('꿈은 크게');
  await page.getByRole('main').getByRole('button', { name: form.go }).click();
  await page.getByRole('link', { name: t['auth.google'] }).click();
  await page.waitForURL(house.server.url + form.path);
  await page.getByRole('button', { name: t['nav.account'] }).waitFor();
  await expect.poll(() => field.inputValue()).toBe('꿈은 크게');
  expect([posts, wrong]).toEqual([[], []]);
  await close();
});
