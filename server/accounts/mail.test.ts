import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { startMailbox, type Mailbox } from '#test/mailbox.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

const password = 'correct horse 7';
const publicUrl = 'http://daesa.test';
let mailbox: Mailbox;
let server: TestServer & { databaseUrl: string | undefined };

beforeAll(async () => {
  mailbox = await startMailbox();
  const env = { SMTP_URL: mailbox.url, PUBLIC_URL: publicUrl, ADMIN_EMAIL: 'boss@example.com' };
  server = await startServer({ env });
});
afterAll(async () => {
  await server.close();
  await mailbox.close();
});

const post = (path: string, body: object) => send(server.url + path, 'POST', body);
const logIn = (email: string, secret: string) => post('/accounts/login', { email, password: secret });
/** Joins, and reads the mail that verifies the address. */
async function joined(email?: string): Promise<Client & { verification: string }> {
  const client = await joinAs(server.url, 'person', email);
  const { text } = await mailbox.next(client.email);
  return { ...client, verification: /token=([\w-]{43})/.exec(text)![1]! };
}
const verify = (token: string, headers = {}) =>
  send(`${server.url}/accounts/verify?token=${token}`, 'GET', undefined, headers);
const isVerified = async (client: Client) => (await client.get('/accounts/security')).body.email_verified as boolean;
async function resetToken(email: string): Promise<string> {
  expect((await post('/accounts/password/forgot', { email })).status).toBe(204);
  const { text } = await mailbox.next(email);
  expect(text).toContain(`${publicUrl}/accounts/reset#token=`);
  return /#token=([\w-]{43})/.exec(text)![1]!;
}

describe('verifying an address', () => {
  test('takes the link of the mail, once', async () => {
    const person = await joined();
    expect(await isVerified(person)).toBe(false);
    expect((await verify(person.verification)).status).toBe(204);
    expect(await isVerified(person)).toBe(true);
    expect((await verify(person.verification)).status).toBe(422);
  });

  test('leads a browser to a page either way', async () => {
    const person = await joined();
    const html = { accept: 'text/html' };
    const places = [await verify(person.verification, html), await verify('made-up', html)].map(({ headers }) =>
      headers.get('location'),
    );
    expect(places).toEqual(['/accounts/profile?verified=true', '/accounts/login?error=link_expired']);
  });

  test('can be asked for again, which makes the first link void', async () => {
    const person = await joined();
    expect((await person.post('/accounts/verify')).status).toBe(204);
    const { text } = await mailbox.next(person.email);
    expect((await verify(person.verification)).status).toBe(422);
    expect((await verify(/token=([\w-]{43})/.exec(text)![1]!)).status).toBe(204);
  });

  test('of an address that the account no longer has is void; the new one is asked, the old one told', async () => {
    const person = await joined();
    const email = `new-${person.email}`;
    expect((await person.put('/accounts/profile', { email, current_password: password })).status).toBe(200);
    expect((await mailbox.next(person.email)).subject).toContain('changed');
    expect((await verify(person.verification)).status).toBe(422);
    const { text } = await mailbox.next(email);
    expect((await verify(/token=([\w-]{43})/.exec(text)![1]!)).status).toBe(204);
    expect(await isVerified(person)).toBe(true);
  });

  test('of ADMIN_EMAIL makes its account administrator, not before', async () => {
    const boss = await joined('boss@example.com');
    expect((await boss.get('/accounts/profile')).body.role).toBe('member');
    await verify(boss.verification);
    expect((await boss.get('/accounts/profile')).status).toBe(401);
    expect((await logIn(boss.email, password)).body.user.role).toBe('administrator');
  });
});

describe('a forgotten password', () => {
  test('is set anew by the link of the mail, which ends every login and is told by mail', async () => {
    const person = await joined();
    const token = await resetToken(person.email);
    expect((await post('/accounts/password/reset', { token, password: 'another horse 8' })).status).toBe(204);
    expect((await person.get('/accounts/profile')).status).toBe(401);
    expect([
      (await logIn(person.email, password)).status,
      (await logIn(person.email, 'another horse 8')).status,
    ]).toEqual([401, 200]);
    expect((await mailbox.next(person.email)).subject).toContain('password was changed');
  });

  test('has a link that works once, also when used twice at the same moment', async () => {
    const person = await joined();
    const token = await resetToken(person.email);
    const tries = await Promise.all(
      ['another horse 8', 'another horse 9'].map((secret) =>
        post('/accounts/password/reset', { token, password: secret }),
      ),
    );
    expect(tries.map(({ status }) => status).toSorted()).toEqual([204, 422]);
  });

  test('has a link that works for thirty minutes, and only the newest', async () => {
    const person = await joined();
    const first = await resetToken(person.email);
    const second = await resetToken(person.email);
    const reset = (token: string) => post('/accounts/password/reset', { token, password: 'another horse 8' });
    expect((await reset(first)).status).toBe(422);
    await writeTo(server, `update mail_tokens set expires_at = expires_at - 1800000 where purpose = 'reset'`);
    expect((await reset(second)).status).toBe(422);
    expect((await logIn(person.email, password)).status).toBe(200);
  });

  test('has one link that works, also where two are asked for at the same moment', async () => {
    const person = await joined();
    await Promise.all([resetToken(person.email), resetToken(person.email)]);
    const { read } = server.context.database;
    const live = await read.selectFrom('mail_tokens').select('email_key').where('purpose', '=', 'reset').execute();
    expect(live.filter((token) => token.email_key === person.email)).toHaveLength(1);
  });

  test('tells nobody whether an address has an account', async () => {
    const person = await joined();
    const [known, unknown] = [
      await post('/accounts/password/forgot', { email: person.email.toUpperCase() }),
      await post('/accounts/password/forgot', { email: 'nobody@example.com' }),
    ];
    const shown = ({ status, body }: typeof known) => [status, body];
    expect(shown(known)).toEqual(shown(unknown));
    await mailbox.next(person.email);
    expect(mailbox.mails.some(({ to }) => to.includes('nobody@example.com'))).toBe(false);
  });

  test('sends one address a few mails an hour, whoever asks', async () => {
    const email = 'flooded@example.com';
    const statuses = [];
    for (let tries = 0; tries < 4; tries += 1)
      statuses.push((await post('/accounts/password/forgot', { email })).status);
    expect(statuses).toEqual([204, 204, 204, 429]);
  });
});

test('a new password is told to the address of the account', async () => {
  const person = await joined();
  await person.put('/accounts/profile', { password: 'another horse 8', current_password: password });
  expect((await mailbox.next(person.email)).subject).toContain('password was changed');
});

test('a mail server that is away makes nothing fail', async () => {
  const lonely = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } });
  const person = await joinAs(lonely.url, 'person');
  expect((await person.get('/accounts/profile')).status).toBe(200);
  await lonely.close();
});

test('without a mail server there is nothing of all that', async () => {
  const plain = await startServer();
  const paths: [string, string][] = [
    ['POST', '/accounts/password/forgot'],
    ['POST', '/accounts/password/reset'],
    ['GET', '/accounts/verify?token=x'],
  ];
  for (const [method, path] of paths)
    expect((await send(plain.url + path, method, method === 'GET' ? undefined : {})).status).toBe(404);
  const person = await joinAs(plain.url, 'person');
  expect((await clientOf(plain.url, person.token).get('/accounts/security')).body.mail).toBe(false);
  await plain.close();
});
