import { Events, type OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJar, type Jar } from '#test/browser-jar.ts';
import { clientOf, joinAs, send } from '#test/client.ts';
import { startOpenIdProvider, startQuirkyProvider, type QuirkyProvider } from '#test/login-providers.ts';
import { startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

const publicUrl = 'http://daesa.test';
let google: OAuth2Server;
let github: QuirkyProvider;
let kakao: QuirkyProvider;
let naver: QuirkyProvider;
let server: TestServer & { databaseUrl: string | undefined };
/** Who the OpenID provider says has logged in. */
let person: Record<string, unknown>;
let number = 0;

beforeAll(async () => {
  [google, github, kakao, naver] = await Promise.all([
    startOpenIdProvider(),
    startQuirkyProvider(),
    startQuirkyProvider(),
    startQuirkyProvider(),
  ]);
  google.service.on(Events.BeforeTokenSigning, (token) => Object.assign(token.payload, person));
  const providers = { KAKAO: kakao.url, NAVER: naver.url, GITHUB: github.url, GOOGLE: google.issuer.url! };
  const env = Object.entries(providers).flatMap(([name, url]) => [
    [`${name}_CLIENT_ID`, 'client'],
    [`${name}_CLIENT_SECRET`, 'client-secret'],
    [`${name}_ISSUER`, url],
  ]);
  server = await startServer({
    env: { PUBLIC_URL: publicUrl, ADMIN_EMAIL: 'Chief@Example.com', ...Object.fromEntries(env) },
  });
  await joinAs(server.url, 'first');
});
afterAll(async () => {
  await server.close();
  await Promise.all([google.stop(), github.close(), kakao.close(), naver.close()]);
});

function somebody(claims: Record<string, unknown> = {}): string {
  number += 1;
  const email = `person-${number}@example.com`;
  person = { sub: `g-${number}`, email, email_verified: true, name: `사람 ${number}`, ...claims };
  return email;
}

/** Where the server listens, for an address that it has made from PUBLIC_URL. */
const local = (url: string) => url.replace(publicUrl, server.url);
const locationOf = (response: Response) => response.headers.get('location') ?? '';

/** Goes to the provider and back; gives the answer of the callback. */
async function goThrough(jar: Jar, provider = 'google', query = ''): Promise<Response> {
  const callback = await walkToCallback(jar, provider, query);
  return jar.open(callback);
}

/** The URL that the provider sends the browser back to. */
async function walkToCallback(jar: Jar, provider = 'google', query = ''): Promise<string> {
  const started = await jar.open(`${server.url}/accounts/oauth/${provider}${query}`);
  expect(started.status).toBe(302);
  const answered = await jar.open(locationOf(started));
  expect(answered.status).toBe(302);
  return local(locationOf(answered));
}

const profileOf = async (jar: Jar) =>
  (await (await jar.open(`${server.url}/accounts/profile`, { headers: { accept: 'application/json' } })).json()) as {
    id: number;
    email: string | null;
    nickname: string;
    role: string;
  };
const isLoggedIn = async (jar: Jar) =>
  (await jar.open(`${server.url}/accounts/profile`, { headers: { accept: 'application/json' } })).status === 200;

describe('logging in with a provider', () => {
  test('is offered by name where its id and secret are set, in the order of the buttons', async () => {
    const offered = ['kakao', 'naver', 'google', 'github'].map((name) => ({ name, href: `/accounts/oauth/${name}` }));
    expect((await send(`${server.url}/accounts/login`, 'GET')).body.providers).toEqual(offered);
    expect((await send(`${server.url}/accounts/join`, 'GET')).body.providers).toEqual(offered);
  });

  test('makes an account, logs the browser in and leads to where it was going', async () => {
    const email = somebody();
    const jar = createJar();
    const done = await goThrough(jar, 'google', `?next=${encodeURIComponent('/sessions/1?y=1#z')}`);
    expect([done.status, locationOf(done)]).toEqual([303, '/sessions/1?y=1#z']);
    expect(await profileOf(jar)).toMatchObject({ email, nickname: `사람 ${number}`, role: 'member' });
  });

  test('finds the same account again by the provider’s id, whatever became of the address', async () => {
    somebody();
    const [first, second] = [createJar(), createJar()];
    await goThrough(first);
    const { id } = await profileOf(first);
    person.email = 'moved@example.com';
    await goThrough(second);
    expect((await profileOf(second)).id).toBe(id);
  });

  test('is what joining with its address leads to, as long as the account has no password', async () => {
    const email = somebody();
    const jar = createJar();
    await goThrough(jar);
    const joinAgain = async () =>
      (await send(`${server.url}/accounts/join`, 'POST', { email, password: 'correct horse 7', nickname: 'again' }))
        .body;
    expect(await joinAgain()).toMatchObject({ code: 'email_taken', provider: 'google' });
    const body = JSON.stringify({ password: 'correct horse 8' });
    const headers = { 'content-type': 'application/json', accept: 'application/json', origin: publicUrl };
    expect((await jar.open(`${server.url}/accounts/profile`, { method: 'PUT', headers, body })).status).toBe(200);
    expect(await joinAgain()).not.toHaveProperty('provider');
  });

  test('sends state, nonce, an S256 challenge and a redirect address made from PUBLIC_URL alone', async () => {
    const started = await createJar({ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }).open(
      `${server.url}/accounts/oauth/google`,
    );
    const { searchParams } = new URL(locationOf(started));
    expect(searchParams.get('redirect_uri')).toBe(`${publicUrl}/accounts/oauth/google/callback`);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    for (const name of ['state', 'nonce', 'code_challenge']) expect(searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    expect(started.headers.getSetCookie().join()).toMatch(/^daesa-oauth=[\w-]{43}; .*HttpOnly; SameSite=Lax/);
    expect(started.headers.get('cache-control')).toBe('no-store');
  });

  test('of a provider that is not set up is 404', async () => {
    for (const path of ['/accounts/oauth/apple', '/accounts/oauth/apple/callback', '/accounts/oauth/__proto__']) {
      expect((await send(server.url + path, 'GET')).status).toBe(404);
    }
  });

  test('gives the browser a new login and ends the one it had', async () => {
    somebody();
    const jar = createJar();
    await goThrough(jar);
    const before = jar.cookie('daesa')!;
    await goThrough(jar);
    expect(jar.cookie('daesa')).not.toBe(before);
    expect((await clientOf(server.url, before).get('/accounts/profile')).status).toBe(401);
    expect(await isLoggedIn(jar)).toBe(true);
  });
});

describe('an answer that is not what was begun', () => {
  const expectRefusal = async (response: Response, jar: Jar, error: string, next = '') => {
    expect([response.status, locationOf(response)]).toEqual([303, `/accounts/login?error=${error}${next}`]);
    expect(await isLoggedIn(jar)).toBe(false);
  };

  test('counts once: the same answer again, also at the same moment, logs nobody in', async () => {
    somebody();
    const jar = createJar();
    const callback = await walkToCallback(jar);
    const answers = await Promise.all(Array.from({ length: 8 }, () => jar.open(callback)));
    const places = answers.map(locationOf);
    expect(places.filter((place) => place === '/')).toHaveLength(1);
    expect(places.filter((place) => place === '/accounts/login?error=login_expired')).toHaveLength(7);
  });

  test('in another browser logs nobody in, and leaves the first browser its login', async () => {
    somebody();
    const [mine, theirs] = [createJar(), createJar()];
    const callback = await walkToCallback(mine);
    await theirs.open(`${server.url}/accounts/oauth/google`);
    await expectRefusal(await theirs.open(callback), theirs, 'login_expired');
    await expectRefusal(await createJar().open(callback), createJar(), 'login_expired');
    expect(locationOf(await mine.open(callback))).toBe('/');
  });

  test('with another state, none, or two of them logs nobody in', async () => {
    somebody();
    for (const change of [
      (url: URL) => url.searchParams.set('state', 'x'.repeat(43)),
      (url: URL) => url.searchParams.delete('state'),
      (url: URL) => url.searchParams.append('state', 'another'),
      (url: URL) => url.searchParams.set('code', 'made-up'),
      (url: URL) => url.searchParams.delete('code'),
      (url: URL) => url.searchParams.set('iss', 'https://evil.example'),
    ]) {
      const jar = createJar();
      const callback = new URL(await walkToCallback(jar));
      change(callback);
      const response = await jar.open(callback.href);
      expect(response.status).toBe(303);
      if (callback.searchParams.has('iss')) continue;
      expect(locationOf(response)).toMatch(/^\/accounts\/login\?error=login_(expired|failed)$/);
      expect(await isLoggedIn(jar)).toBe(false);
    }
  });

  test('at another provider’s address logs nobody in', async () => {
    somebody();
    const jar = createJar();
    const callback = await walkToCallback(jar);
    await expectRefusal(await jar.open(callback.replace('/google/', '/github/')), jar, 'login_expired');
  });

  test('later than ten minutes logs nobody in', async () => {
    somebody();
    const jar = createJar();
    const callback = await walkToCallback(jar);
    await writeTo(server, 'update oauth_attempts set expires_at = 1');
    await expectRefusal(await jar.open(callback), jar, 'login_expired');
  });

  test('with a code of somebody else’s login fails at the provider: the verifier is another one', async () => {
    somebody();
    const [mine, theirs] = [createJar(), createJar()];
    const foreign = new URL(await walkToCallback(theirs)).searchParams.get('code')!;
    const callback = new URL(await walkToCallback(mine));
    callback.searchParams.set('code', foreign);
    await expectRefusal(await mine.open(callback.href), mine, 'login_failed');
  });

  test('with an ID token for another nonce, client, issuer or of yesterday logs nobody in', async () => {
    for (const wrong of [
      { nonce: 'another' },
      { nonce: undefined },
      { aud: 'another-client' },
      { iss: 'https://evil.example' },
      { exp: 1_000_000 },
      { sub: undefined },
    ]) {
      somebody(wrong);
      const jar = createJar();
      await expectRefusal(await goThrough(jar), jar, 'login_failed');
    }
  });

  test('with an ID token that the provider has not signed logs nobody in', async () => {
    for (const forge of [
      (token: string) => token.replace(/[^.]+$/, (signature) => signature.split('').toReversed().join('')),
      (token: string) => token.replace(/[^.]+$/, ''),
      (token: string) => {
        const none = Buffer.from('{"alg":"none"}').toString('base64url');
        return `${none}.${token.split('.')[1]}.`;
      },
    ]) {
      somebody();
      google.service.once(Events.BeforeResponse, (answer) => {
        const body = answer.body as { id_token: string };
        body.id_token = forge(body.id_token);
      });
      const jar = createJar();
      await expectRefusal(await goThrough(jar), jar, 'login_failed');
    }
  });

  test('that says no leads back to the login page with where it was going', async () => {
    const jar = createJar();
    const callback = new URL(await walkToCallback(jar, 'kakao', '?next=%2Fchat%3Fq%3D1'));
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    callback.searchParams.set('error_description', '<script>alert(1)</script>');
    await expectRefusal(await jar.open(callback.href), jar, 'login_cancelled', '&next=%2Fchat%3Fq%3D1');
  });

  test('from a provider that breaks leads back to the login page, never to a stack', async () => {
    const jar = createJar();
    for (const broken of [
      { status: 500, body: { error: 'server_error' } },
      { status: 200, body: { error: 'bad_verification_code' } },
      { status: 200, body: 'no object' },
      { status: 400, body: { error: 'invalid_grant' } },
    ]) {
      github.answers.token = broken;
      await expectRefusal(await goThrough(jar, 'github', '?next=/quote'), jar, 'login_failed', '&next=%2Fquote');
    }
    delete github.answers.token;
    github.answers['/api/v3/user'] = { status: 503, body: {} };
    await expectRefusal(await goThrough(jar, 'github'), jar, 'login_failed');
    github.answers['/api/v3/user'] = { body: { login: 'no id' } };
    github.answers['/api/v3/user/emails'] = { body: [] };
    await expectRefusal(await goThrough(jar, 'github'), jar, 'login_failed');
  });
});

describe('an address that an account has already', () => {
  test('that is not verified is linked to nobody', async () => {
    const email = somebody();
    await joinAs(server.url, 'squatter', email);
    const jar = createJar();
    expect(locationOf(await goThrough(jar))).toBe('/accounts/login?error=email_unverified');
    expect(await isLoggedIn(jar)).toBe(false);
  });

  test('that is verified on both sides leads to that account', async () => {
    const email = somebody();
    const owner = await joinAs(server.url, 'owner', email);
    await writeTo(server, `update users set email_verified_at = 1 where email_key = '${email}'`);
    const jar = createJar();
    expect(locationOf(await goThrough(jar))).toBe('/');
    expect((await profileOf(jar)).id).toBe((await owner.get('/accounts/profile')).body.id);
  });

  test('and that the provider does not vouch for leads nowhere', async () => {
    const email = somebody({ email_verified: false });
    await joinAs(server.url, 'owner', email);
    await writeTo(server, `update users set email_verified_at = 1 where email_key = '${email}'`);
    expect(locationOf(await goThrough(createJar()))).toBe('/accounts/login?error=email_taken');
    somebody({ email, email_verified: 'true' });
    expect(locationOf(await goThrough(createJar()))).toBe('/accounts/login?error=email_taken');
  });

  test('of ADMIN_EMAIL makes its account administrator, when the provider vouches for it', async () => {
    somebody({ email: 'CHIEF@example.com', email_verified: true });
    const jar = createJar();
    await goThrough(jar);
    expect((await profileOf(jar)).role).toBe('administrator');
  });

  test('of a blocked account lets nobody in', async () => {
    const email = somebody();
    await goThrough(createJar());
    await writeTo(server, `update users set blocked_at = 1 where email_key = '${email}'`);
    const jar = createJar();
    expect(locationOf(await goThrough(jar))).toBe('/accounts/login?error=blocked');
    expect(await isLoggedIn(jar)).toBe(false);
  });
});

describe('linking from the profile', () => {
  const json = { 'content-type': 'application/json', accept: 'application/json', origin: publicUrl };
  /** Links as the profile page does: asks where to go, and goes there. */
  async function link(jar: Jar, provider = 'google', headers: Record<string, string> = json): Promise<Response> {
    const begun = await jar.open(`${server.url}/accounts/identities/${provider}`, {
      method: 'POST',
      headers,
      body: '{}',
    });
    if (begun.status !== 201) return begun;
    const { href } = (await begun.json()) as { href: string };
    return jar.open(local(locationOf(await jar.open(href))));
  }
  async function loggedInJar(email: string): Promise<Jar> {
    const jar = createJar();
    await jar.open(`${server.url}/accounts/login`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email, password: 'correct horse 7', session: 'cookie' }),
    });
    return jar;
  }

  test('adds a way to log in, also with another address; another account’s is refused', async () => {
    const owner = await joinAs(server.url, 'linker');
    somebody();
    const jar = await loggedInJar(owner.email);
    expect(locationOf(await link(jar))).toBe('/accounts/profile?linked=google');
    const { body } = await owner.get('/accounts/security');
    expect(body).toMatchObject({ has_password: true, identities: [{ provider: 'google' }] });
    expect(body.providers).toEqual(['kakao', 'naver', 'github']);
    const other = await loggedInJar((await joinAs(server.url, 'other')).email);
    expect(locationOf(await link(other))).toBe('/accounts/profile?error=identity_taken');
  });

  test('has to be asked for by a page of ours', async () => {
    const owner = await joinAs(server.url, 'careful');
    const jar = await loggedInJar(owner.email);
    expect((await link(jar, 'google', { ...json, origin: 'https://evil.example' })).status).toBe(403);
  });

  test('counts only while the login that asked for it lasts', async () => {
    const owner = await joinAs(server.url, 'gone');
    somebody();
    const jar = await loggedInJar(owner.email);
    const begun = await jar.open(`${server.url}/accounts/identities/google`, {
      method: 'POST',
      headers: json,
      body: '{}',
    });
    const { href } = (await begun.json()) as { href: string };
    const callback = local(locationOf(await jar.open(href)));
    await owner.delete('/accounts/logins?which=all', { current_password: 'correct horse 7' });
    expect(locationOf(await jar.open(callback))).toBe('/accounts/login?error=login_expired');
    expect(await isLoggedIn(jar)).toBe(false);
  });

  test('can be undone, but the last way to log in stays', async () => {
    const email = somebody();
    const jar = createJar();
    await goThrough(jar);
    const remove = (provider: string) =>
      jar.open(`${server.url}/accounts/identities/${provider}`, {
        method: 'DELETE',
        headers: { origin: publicUrl, accept: 'application/json' },
      });
    const last = await remove('google');
    expect([last.status, ((await last.json()) as { code: string }).code]).toEqual([409, 'last_login_method']);
    expect((await remove('naver')).status).toBe(404);
    github.answers['/api/v3/user'] = { body: { id: 4_000 + number, login: 'octo' } };
    github.answers['/api/v3/user/emails'] = { body: [] };
    expect(locationOf(await link(jar, 'github'))).toBe('/accounts/profile?linked=github');
    const both = await Promise.all([remove('google'), remove('github')]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([204, 409]);
    expect((await profileOf(jar)).email).toBe(email);
  });
});

describe('each provider’s own ways', () => {
  test('Kakao: the profile is nested, and an account without an address works', async () => {
    kakao.answers['/v2/user/me'] = {
      body: { id: 3_141_592_653, kakao_account: { profile: { nickname: '라이언' }, has_email: false } },
    };
    const jar = createJar();
    expect(locationOf(await goThrough(jar, 'kakao', '?next=/chat'))).toBe('/chat');
    expect(await profileOf(jar)).toMatchObject({ email: null, nickname: '라이언' });
    expect(kakao.asked.token.get('client_secret')).toBe('client-secret');
    expect(kakao.asked.token.get('code_verifier')).toMatch(/^[\w-]{43}$/);
    expect(kakao.asked.authorize.has('scope')).toBe(false);
    const [again, { id }] = [createJar(), await profileOf(jar)];
    await goThrough(again, 'kakao');
    expect((await profileOf(again)).id).toBe(id);
  });

  test('Kakao: an address counts where it is both valid and verified', async () => {
    const account = { email: 'ryan@example.com', is_email_valid: true, is_email_verified: true };
    kakao.answers['/v2/user/me'] = { body: { id: 27, kakao_account: { ...account, is_email_valid: false } } };
    const jar = createJar();
    await goThrough(jar, 'kakao');
    const security = await jar.open(`${server.url}/accounts/security`, { headers: { accept: 'application/json' } });
    expect(await security.json()).toMatchObject({ email_verified: false, has_password: false });
    expect((await profileOf(jar)).nickname).toBe('user');
  });

  test('Naver: the answer is wrapped, expires_in is a text, and the state goes to the token endpoint', async () => {
    naver.answers['/v1/nid/me'] = {
      body: {
        resultcode: '00',
        message: 'success',
        response: { id: 'n-1', email: 'n@example.com', nickname: '네이버' },
      },
    };
    const jar = createJar();
    expect(locationOf(await goThrough(jar, 'naver'))).toBe('/');
    expect(await profileOf(jar)).toMatchObject({ email: 'n@example.com', nickname: '네이버' });
    expect(naver.asked.token.get('state')).toBe(naver.asked.authorize.get('state'));
    naver.answers['/v1/nid/me'] = { body: { resultcode: '024', message: 'Authentication failed' } };
    expect(locationOf(await goThrough(createJar(), 'naver'))).toBe('/accounts/login?error=login_failed');
  });

  test('GitHub: the id is a number, and only the primary verified address counts', async () => {
    github.answers['/api/v3/user'] = {
      body: { id: 583_231, login: 'octocat', name: null, email: 'public@example.com' },
    };
    github.answers['/api/v3/user/emails'] = {
      body: [
        { email: 'other@example.com', primary: false, verified: true },
        { email: 'octo@example.com', primary: true, verified: true },
      ],
    };
    const jar = createJar();
    expect(locationOf(await goThrough(jar, 'github'))).toBe('/');
    expect(await profileOf(jar)).toMatchObject({ email: 'octo@example.com', nickname: 'octocat' });
    expect(github.asked.authorize.get('scope')).toBe('read:user user:email');
    github.answers['/api/v3/user'] = { body: { id: 583_232, login: 'hubot' } };
    github.answers['/api/v3/user/emails'] = { body: [{ email: 'h@example.com', primary: true, verified: false }] };
    const unverified = createJar();
    await goThrough(unverified, 'github');
    expect((await profileOf(unverified)).email).toBeNull();
  });
});
