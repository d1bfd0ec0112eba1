import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJar, type Jar } from '#test/browser-jar.ts';
import { clientOf, joinAs, send } from '#test/client.ts';
import { startQuirkyProvider, type QuirkyProvider } from '#test/login-providers.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

const password = 'correct horse 7';
const publicUrl = 'http://daesa.test';
let kakao: QuirkyProvider;
let server: TestServer & { databaseUrl: string | undefined };

beforeAll(async () => {
  kakao = await startQuirkyProvider();
  const env = { KAKAO_CLIENT_ID: 'client', KAKAO_CLIENT_SECRET: 'secret', KAKAO_ISSUER: kakao.url };
  server = await startServer({ env: { ...env, PUBLIC_URL: publicUrl, LOGIN_FAILURES_PER_ACCOUNT: '1000' } });
  await joinAs(server.url, 'first');
});
afterAll(async () => {
  await server.close();
  await kakao.close();
});

const local = (response: Response) => (response.headers.get('location') ?? '').replace(publicUrl, server.url);

/** A browser that has been at Kakao, and where it was sent back to. */
async function atKakao(): Promise<{ jar: Jar; callback: string }> {
  const jar = createJar();
  const atProvider = await jar.open(local(await jar.open(`${server.url}/accounts/oauth/kakao`)));
  return { jar, callback: local(atProvider) };
}

async function idOf(jar: Jar): Promise<unknown> {
  const answer = await jar.open(`${server.url}/accounts/profile`, { headers: { accept: 'application/json' } });
  return answer.status === 200 ? ((await answer.json()) as { id: number }).id : answer.status;
}

describe('the first login of one Kakao account, from three browsers at once', () => {
  test.each([
    ['without an address', 1, {}],
    ['with one', 11, { email: 'ryan@example.com', is_email_valid: true, is_email_verified: true }],
    ['with one that nobody has verified', 21, { email: 'apeach@example.com' }],
  ])('%s: makes one account and logs all three in', async (_what, first, account) => {
    for (let id = first; id < first + 3; id += 1) {
      const email = 'email' in account ? { ...account, email: `${id}-${account.email}` } : {};
      kakao.answers['/v2/user/me'] = { body: { id, kakao_account: { ...email, profile: { nickname: '라이언' } } } };
      const browsers = await Promise.all([atKakao(), atKakao(), atKakao()]);
      const ends = await Promise.all(browsers.map(({ jar, callback }) => jar.open(callback)));
      expect(ends.map((end) => [end.status, end.headers.get('location')])).toEqual(ends.map(() => [303, '/']));
      const ids = await Promise.all(browsers.map(({ jar }) => idOf(jar)));
      expect(ids).toEqual(ids.map(() => expect.any(Number)));
      expect(new Set(ids).size).toBe(1);
    }
  });
});

test('one of several who join with one address at once has it; the others hear that it is taken', async () => {
  const addresses = ['wanted@example.com', 'WANTED@example.com', ' wanted@Example.com', 'ｗanted@example.com'];
  const answers = await Promise.all(
    addresses.map((email) => send(`${server.url}/accounts/join`, 'POST', { email, password, nickname: 'n' })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
  const refused = answers.filter(({ status }) => status === 409);
  expect(refused.map(({ body }) => body.code)).toEqual(['email_taken', 'email_taken', 'email_taken']);
});

test('one of several who move to one address at once has it; the others keep theirs and hear that it is taken', async () => {
  const members = await Promise.all(['a', 'b', 'c'].map((name) => joinAs(server.url, name)));
  const change = { email: 'moved-to@example.com', current_password: password };
  const answers = await Promise.all(members.map((member) => member.put('/accounts/profile', change)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  for (const [index, { status }] of answers.entries()) {
    const { email } = (await members[index]!.get('/accounts/profile')).body;
    expect(email).toBe(status === 200 ? 'moved-to@example.com' : members[index]!.email);
  }
  const refused = answers.filter(({ status }) => status === 409);
  expect(refused.map(({ body }) => body.code)).toEqual(['email_taken', 'email_taken']);
});

test('a login whose password is changed while it is looked at, by another instance say, is none', async () => {
  const member = await joinAs(server.url, 'changer');
  const { id } = (await member.get('/accounts/profile')).body;
  // More than are hashed at once: when the first one is answered, the others wait with the user they have read.
  const logins = Array.from({ length: 12 }, () =>
    send(`${server.url}/accounts/login`, 'POST', { email: member.email, password }),
  );
  await Promise.race(logins);
  await writeTo(
    server,
    `update users set password_hash = 'another' where id = ${id}; delete from logins where user_id = ${id}`,
  );
  const answers = await Promise.all(logins);
  for (const { body } of answers.filter(({ status }) => status === 200)) {
    expect((await clientOf(server.url, body.token).get('/accounts/profile')).status).toBe(401);
  }
});

test('of two changes with one password, the one that comes after a new password changes nothing', async () => {
  const member = await joinAs(server.url, 'twice');
  const answers = await Promise.all(
    ['new horse 8', 'new horse 9'].map((next) =>
      member.put('/accounts/profile', { password: next, current_password: password }),
    ),
  );
  const [first, second] = answers.map(({ status }) => status).toSorted();
  // The later one is refused when its password is checked, or when it is written.
  expect(first).toBe(200);
  expect([409, 422]).toContain(second);
  const won = answers[0]!.status === 200 ? 'new horse 8' : 'new horse 9';
  const again = await send(`${server.url}/accounts/login`, 'POST', { email: member.email, password: won });
  expect(again.status).toBe(200);
});
