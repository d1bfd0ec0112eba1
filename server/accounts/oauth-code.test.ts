import { Secret, TOTP } from 'otpauth';
import { Events, type OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJar, type Jar } from '#test/browser-jar.ts';
import { joinAs, type Client } from '#test/client.ts';
import { startOpenIdProvider } from '#test/login-providers.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

const publicUrl = 'http://daesa.test';
const STEP_MS = 30_000;
let now = Date.now();
let google: OAuth2Server;
let server: TestServer & { databaseUrl: string | undefined };
let person: Record<string, unknown>;
let number = 0;

beforeAll(async () => {
  google = await startOpenIdProvider();
  google.service.on(Events.BeforeTokenSigning, (token) => Object.assign(token.payload, person));
  server = await startServer({
    clock: () => now,
    env: {
      PUBLIC_URL: publicUrl,
      GOOGLE_CLIENT_ID: 'client',
      GOOGLE_CLIENT_SECRET: 'client-secret',
      GOOGLE_ISSUER: google.issuer.url!,
    },
  });
  await joinAs(server.url, 'first');
});
afterAll(async () => {
  await server.close();
  await google.stop();
});

const json = { 'content-type': 'application/json', accept: 'application/json', origin: publicUrl };
const locationOf = (response: Response) => response.headers.get('location') ?? '';
const codeOf = (secret: string) => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now });

/** An account with a verified address and a second factor, which the provider vouches for as well. */
async function protectedAccount(): Promise<{ owner: Client; secret: string; codes: string[] }> {
  number += 1;
  const owner = await joinAs(server.url, `owner ${number}`);
  await writeTo(server, `update users set email_verified_at = 1 where email_key = '${owner.email}'`);
  const { body } = await owner.post('/accounts/two-factor', { current_password: 'correct horse 7' });
  const turned = await owner.put('/accounts/two-factor', { otp: codeOf(body.secret) });
  now += STEP_MS;
  person = { sub: `person-${number}`, email: owner.email, email_verified: true, name: 'Person' };
  return { owner, secret: body.secret, codes: turned.body.recovery_codes };
}

/** Goes to the provider and back. */
async function goThrough(jar: Jar, query = ''): Promise<Response> {
  const started = await jar.open(`${server.url}/accounts/oauth/google${query}`);
  const answered = await jar.open(locationOf(started));
  return jar.open(locationOf(answered).replace(publicUrl, server.url));
}

async function show(jar: Jar, otp: unknown) {
  const body = JSON.stringify({ otp });
  const response = await jar.open(`${server.url}/accounts/login/code`, { method: 'POST', headers: json, body });
  return { status: response.status, body: (await response.json()) as Record<string, any> }; // oxlint-disable-line typescript/no-explicit-any
}

const isLoggedIn = async (jar: Jar) =>
  (await jar.open(`${server.url}/accounts/profile`, { headers: { accept: 'application/json' } })).status === 200;

describe('a login with a provider, of an account with a second factor', () => {
  test('asks for the code first, and leads to where it was going', async () => {
    const { owner, secret } = await protectedAccount();
    const jar = createJar();
    const back = await goThrough(jar, '?next=%2Fsessions%2F1');
    expect([back.status, locationOf(back)]).toEqual([303, '/accounts/login/code']);
    expect(await isLoggedIn(jar)).toBe(false);
    expect((await owner.get('/accounts/security')).body.identities).toEqual([]);
    const shown = await show(jar, codeOf(secret));
    expect(shown).toMatchObject({ status: 200, body: { next: '/sessions/1', user: { email: owner.email } } });
    expect(shown.body).not.toHaveProperty('token');
    expect(await isLoggedIn(jar)).toBe(true);
    expect((await owner.get('/accounts/security')).body.identities).toMatchObject([{ provider: 'google' }]);
    expect((await show(jar, codeOf(secret))).status).toBe(401);
  });

  test('takes a recovery code, and no code that is wrong or was used', async () => {
    const { secret, codes } = await protectedAccount();
    const jar = createJar();
    await goThrough(jar);
    const used = codeOf(secret);
    expect((await show(jar, used)).status).toBe(200);
    const again = createJar();
    await goThrough(again);
    for (const otp of ['000000', used, '', 'x']) {
      expect(await show(again, otp)).toMatchObject({ status: 401, body: { code: 'otp_required' } });
    }
    expect(await isLoggedIn(again)).toBe(false);
    expect((await show(again, codes[0])).status).toBe(200);
    expect(await isLoggedIn(again)).toBe(true);
  });

  test('counts in the browser that began it, for ten minutes, and once', async () => {
    const { secret } = await protectedAccount();
    const [mine, theirs] = [createJar(), createJar()];
    await goThrough(mine);
    await theirs.open(`${server.url}/accounts/oauth/google`);
    for (const jar of [theirs, createJar()]) {
      expect(await show(jar, codeOf(secret))).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    }
    now += 600_000;
    expect((await show(mine, codeOf(secret))).body.code).toBe('unauthenticated');
    await goThrough(mine);
    const tries = await Promise.all(Array.from({ length: 4 }, () => show(mine, codeOf(secret))));
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('can’t be guessed: twenty wrong codes an hour, however often it is begun again', async () => {
    const { secret } = await protectedAccount();
    const statuses = [];
    for (let tries = 0; tries < 21; tries += 1) {
      const jar = createJar();
      await goThrough(jar);
      statuses.push((await show(jar, '000000')).status);
    }
    expect([statuses.filter((status) => status === 401).length, statuses.at(-1)]).toEqual([20, 429]);
    const jar = createJar();
    await goThrough(jar);
    expect((await show(jar, codeOf(secret))).status).toBe(429);
  });

  test('lets nobody in whose account is blocked or deleted meanwhile', async () => {
    const { owner, secret } = await protectedAccount();
    const jar = createJar();
    await goThrough(jar);
    await writeTo(server, `update users set blocked_at = 1 where email_key = '${owner.email}'`);
    expect((await show(jar, codeOf(secret))).status).toBe(401);
    expect(await isLoggedIn(jar)).toBe(false);
    await writeTo(server, `update users set blocked_at = null where email_key = '${owner.email}'`);
    await goThrough(jar);
    await owner.delete('/accounts/profile', { current_password: 'correct horse 7' });
    expect((await show(jar, codeOf(secret))).body.code).toBe('unauthenticated');
  });
});
