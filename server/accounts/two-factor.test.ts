import { Secret, TOTP, URI } from 'otpauth';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

const password = 'correct horse 7';
const STEP_MS = 30_000;
let now = Date.now();
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ clock: () => now, env: { LOGIN_FAILURES_PER_ACCOUNT: '1000' } });
  await joinAs(server.url, 'first');
});
afterAll(() => server.close());

const codeOf = (secret: string, at = now) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
const logIn = (email: string, otp?: string) =>
  send(`${server.url}/accounts/login`, 'POST', { email, password, ...(otp === undefined ? {} : { otp }) });

async function protectedAccount(): Promise<{ person: Client; secret: string; codes: string[] }> {
  const person = await joinAs(server.url, 'careful');
  const { body } = await person.post('/accounts/two-factor', { current_password: password });
  const turned = await person.put('/accounts/two-factor', { otp: codeOf(body.secret) });
  expect(turned.status).toBe(200);
  now += STEP_MS;
  return { person, secret: body.secret, codes: turned.body.recovery_codes };
}

describe('a second factor', () => {
  test('is set up with a code that shows the secret has arrived', async () => {
    const person = await joinAs(server.url, 'careful');
    expect((await person.post('/accounts/two-factor', {})).status).toBe(422);
    const { status, body } = await person.post('/accounts/two-factor', { current_password: password });
    expect(status).toBe(201);
    const uri = URI.parse(body.uri);
    expect([uri.issuer, uri.label, uri.secret.base32]).toEqual(['Daesa', person.email, body.secret]);
    expect((await logIn(person.email)).status).toBe(200);
    expect((await person.put('/accounts/two-factor', { otp: '000000' })).status).toBe(422);
    const turned = await person.put('/accounts/two-factor', { otp: codeOf(body.secret) });
    expect(new Set(turned.body.recovery_codes).size).toBe(10);
    expect((await person.get('/accounts/security')).body).toMatchObject({ two_factor: true, recovery_codes: 10 });
    expect((await person.post('/accounts/two-factor', { current_password: password })).status).toBe(409);
  });

  test('is asked for only after the right password', async () => {
    const { person } = await protectedAccount();
    const wrong = await send(`${server.url}/accounts/login`, 'POST', { email: person.email, password: 'wrong' });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'invalid_credentials']);
    for (const otp of [undefined, '', '000000', 'x', '１２３４５６']) {
      const answer = await logIn(person.email, otp);
      expect([answer.status, answer.body.code, answer.body.token]).toEqual([401, 'otp_required', undefined]);
    }
  });

  test('takes a code once: neither it nor an earlier one counts again, also at the same moment', async () => {
    const { person, secret } = await protectedAccount();
    const tries = await Promise.all(Array.from({ length: 5 }, () => logIn(person.email, codeOf(secret))));
    expect(tries.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401]);
    expect((await logIn(person.email, codeOf(secret, now - STEP_MS))).status).toBe(401);
    now += STEP_MS;
    expect((await logIn(person.email, codeOf(secret))).status).toBe(200);
  });

  test('allows for a clock that is half a minute off, not more', async () => {
    const { person, secret } = await protectedAccount();
    now += 4 * STEP_MS;
    expect((await logIn(person.email, codeOf(secret, now - 2 * STEP_MS))).status).toBe(401);
    expect((await logIn(person.email, codeOf(secret, now + 2 * STEP_MS))).status).toBe(401);
    expect((await logIn(person.email, codeOf(secret, now - STEP_MS))).status).toBe(200);
    expect((await logIn(person.email, codeOf(secret, now + STEP_MS))).status).toBe(200);
  });

  test('takes a recovery code once, also at the same moment, and ten new codes are ten', async () => {
    const { person, codes } = await protectedAccount();
    const tries = await Promise.all([1, 2, 3].map(() => logIn(person.email, codes[0]!)));
    expect(tries.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);
    const renewed = { current_password: password };
    await Promise.all([1, 2, 3].map(() => person.post('/accounts/two-factor/recovery-codes', renewed)));
    expect((await person.get('/accounts/security')).body.recovery_codes).toBe(10);
  });

  test('has recovery codes that work once each; new ones replace them', async () => {
    const { person, codes } = await protectedAccount();
    expect((await logIn(person.email, codes[0]!.toUpperCase())).status).toBe(200);
    expect((await logIn(person.email, codes[0]!)).status).toBe(401);
    const { body } = await person.post('/accounts/two-factor/recovery-codes', { current_password: password });
    expect((await logIn(person.email, codes[1]!)).status).toBe(401);
    expect((await logIn(person.email, body.recovery_codes[0])).status).toBe(200);
    expect((await person.get('/accounts/security')).body.recovery_codes).toBe(9);
  });

  test('can’t be guessed: twenty wrong codes an hour, from everywhere together', async () => {
    const { person, secret } = await protectedAccount();
    const statuses = [];
    for (let tries = 0; tries < 21; tries += 1) statuses.push((await logIn(person.email, '000000')).status);
    expect([statuses.filter((status) => status === 401).length, statuses.at(-1)]).toEqual([20, 429]);
    expect((await logIn(person.email, codeOf(secret))).status).toBe(429);
  });

  test('is turned off with the password', async () => {
    const { person } = await protectedAccount();
    expect((await person.delete('/accounts/two-factor', {})).status).toBe(422);
    expect((await person.delete('/accounts/two-factor', { current_password: 'wrong' })).status).toBe(422);
    expect((await logIn(person.email)).status).toBe(401);
    expect((await person.delete('/accounts/two-factor', { current_password: password })).status).toBe(204);
    expect((await logIn(person.email)).status).toBe(200);
  });
});
