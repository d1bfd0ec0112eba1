import { Events, OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJar, type Jar } from '#test/browser-jar.ts';
import { startServer, type TestServer } from '#test/server.ts';

const publicUrl = 'http://daesa.test';
let kakao: OAuth2Server;
let server: TestServer;
/** What differs in the ID token, and what the profile says. */
let claims: Record<string, unknown> = {};
const profile = { id: 3_141_592_653, kakao_account: { profile: { nickname: '라이언' } } };

beforeAll(async () => {
  // Kakao with OpenID Connect turned on, at the addresses that its own are.
  kakao = new OAuth2Server(undefined, undefined, {
    endpoints: {
      authorize: '/oauth/authorize',
      token: '/oauth/token',
      jwks: '/.well-known/jwks.json',
      userinfo: '/v2/user/me',
    },
  });
  await kakao.issuer.keys.generate('RS256');
  await kakao.start(0, 'localhost');
  kakao.service.on(Events.BeforeTokenSigning, (token) => Object.assign(token.payload, claims));
  kakao.service.on(Events.BeforeUserinfo, (answer) => Object.assign(answer, { body: profile }));
  server = await startServer({
    env: {
      PUBLIC_URL: publicUrl,
      KAKAO_CLIENT_ID: 'client',
      KAKAO_CLIENT_SECRET: 'client-secret',
      KAKAO_ISSUER: kakao.issuer.url!,
      KAKAO_OIDC: 'on',
    },
  });
});
afterAll(async () => {
  await server.close();
  await kakao.stop();
});

const locationOf = (response: Response) => response.headers.get('location') ?? '';

async function goThrough(jar: Jar): Promise<string> {
  const started = await jar.open(`${server.url}/accounts/oauth/kakao`);
  const asked = new URL(locationOf(started));
  expect(asked.searchParams.get('scope')).toBe('openid account_email profile_nickname');
  expect(asked.searchParams.get('nonce')).toMatch(/^[\w-]{43}$/);
  const answered = await jar.open(asked.href);
  return locationOf(await jar.open(locationOf(answered).replace(publicUrl, server.url)));
}

const readProfile = (jar: Jar) =>
  jar.open(`${server.url}/accounts/profile`, { headers: { accept: 'application/json' } });

test('Kakao with OpenID Connect: the signed ID token and the profile name the same person', async () => {
  claims = { sub: String(profile.id) };
  const jar = createJar();
  expect(await goThrough(jar)).toBe('/');
  expect(await (await readProfile(jar)).json()).toMatchObject({ nickname: '라이언', email: null });
});

test.each([
  ['that names another person', { sub: '27' }],
  ['for another nonce', { nonce: 'another' }],
  ['for another client', { aud: 'another' }],
  ['of another issuer', { iss: 'https://evil.example' }],
  ['of yesterday', { exp: 1_000_000 }],
])('Kakao with OpenID Connect: an ID token %s logs nobody in', async (_name, wrong) => {
  claims = { sub: String(profile.id), ...wrong };
  const jar = createJar();
  expect(await goThrough(jar)).toBe('/accounts/login?error=login_failed');
  expect((await readProfile(jar)).status).toBe(401);
});
