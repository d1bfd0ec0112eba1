import * as openid from 'openid-client';
import type { ProviderName } from '#contracts/accounts.ts';
import type { Config } from '../config.ts';

/** Who a provider says has logged in. */
export interface Person {
  /** The provider's own id of the person: what an account is found by. */
  subject: string;
  email: string | null;
  /** The provider vouches for the address. */
  emailVerified: boolean;
  nickname: string | null;
}

export interface BegunLogin {
  /** Where the browser goes. */
  url: URL;
  state: string;
  verifier: string;
  nonce: string | null;
}

export interface Provider {
  readonly name: ProviderName;
  begin(redirectUri: string): Promise<BegunLogin>;
  /** Exchanges the code of the answer (the whole URL that the browser came back with) for who it is. Throws. */
  finish(answer: URL, begun: Omit<BegunLogin, 'url'>): Promise<Person>;
}

type ReadJson = (url: string) => Promise<Record<string, unknown>>;

/** What differs from one provider to the next. */
interface Kind {
  issuer: string;
  scope: string | undefined;
  /** Its answers carry an ID token with our nonce. */
  openId: boolean;
  /** Addresses below the issuer; undefined: the issuer's own discovery document names them. */
  endpoints: { authorize: string; token: string; keys?: string } | undefined;
  /** Parameters that it wants beside the standard's when the code is exchanged. */
  more?: (begun: { state: string }) => Record<string, string>;
  readPerson(read: ReadJson, claims: openid.IDToken | undefined): Promise<Person>;
}

type Settings = Pick<
  Config,
  `${'KAKAO' | 'NAVER' | 'GOOGLE' | 'GITHUB'}_${'CLIENT_ID' | 'CLIENT_SECRET' | 'ISSUER'}` | 'KAKAO_OIDC'
>;

const TIMEOUT_S = 10;

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** An id of a provider: a number at some, a text at others. */
function subjectOf(value: unknown): string {
  const subject = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof subject !== 'string' || subject === '' || subject.length > 255)
    throw new Error('the answer has no user id');
  return subject;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** https://developers.kakao.com/docs/latest/en/kakaologin/rest-api: the profile is nested, the address may be missing. */
function kakao(settings: Settings): Kind {
  const api = settings.KAKAO_ISSUER ?? 'https://kapi.kakao.com';
  const openId = settings.KAKAO_OIDC === 'on';
  return {
    issuer: settings.KAKAO_ISSUER ?? 'https://kauth.kakao.com',
    scope: openId ? 'openid account_email profile_nickname' : undefined,
    openId,
    endpoints: { authorize: '/oauth/authorize', token: '/oauth/token', keys: '/.well-known/jwks.json' },
    readPerson: async (read, claims) => {
      const body = await read(`${api}/v2/user/me`);
      const account = objectOf(body.kakao_account);
      const subject = subjectOf(body.id);
      if (claims && claims.sub !== subject) throw new Error('the ID token names another user');
      return {
        subject,
        email: textOf(account.email),
        emailVerified: account.is_email_valid === true && account.is_email_verified === true,
        nickname: textOf(objectOf(account.profile).nickname) ?? textOf(objectOf(body.properties).nickname),
      };
    },
  };
}

/** https://developers.naver.com/docs/login/api/api.md: a wrapper with a result code; the address is one to be contacted at. */
function naver(settings: Settings): Kind {
  const api = settings.NAVER_ISSUER ?? 'https://openapi.naver.com';
  return {
    issuer: settings.NAVER_ISSUER ?? 'https://nid.naver.com',
    scope: undefined,
    openId: false,
    endpoints: { authorize: '/oauth2.0/authorize', token: '/oauth2.0/token' },
    more: ({ state }) => ({ state }),
    readPerson: async (read) => {
      const body = await read(`${api}/v1/nid/me`);
      if (body.resultcode !== '00') throw new Error(`Naver's result code is ${String(body.resultcode)}`);
      const person = objectOf(body.response);
      return {
        subject: subjectOf(person.id),
        email: textOf(person.email),
        // People choose this address themselves, and Naver does not say whether it was checked.
        emailVerified: false,
        nickname: textOf(person.nickname) ?? textOf(person.name),
      };
    },
  };
}

function google(settings: Settings): Kind {
  return {
    issuer: settings.GOOGLE_ISSUER ?? 'https://accounts.google.com',
    scope: 'openid email profile',
    openId: true,
    endpoints: undefined,
    readPerson: async (_read, claims) => ({
      subject: subjectOf(claims?.sub),
      email: textOf(claims?.email),
      emailVerified: claims?.email_verified === true,
      nickname: textOf(claims?.name),
    }),
  };
}

/** https://docs.github.com/en/apps/oauth-apps: addresses have an endpoint of their own, and only a verified one counts. */
function github(settings: Settings): Kind {
  const api = settings.GITHUB_ISSUER ? `${settings.GITHUB_ISSUER}/api/v3` : 'https://api.github.com';
  return {
    issuer: settings.GITHUB_ISSUER ?? 'https://github.com',
    scope: 'read:user user:email',
    openId: false,
    endpoints: { authorize: '/login/oauth/authorize', token: '/login/oauth/access_token' },
    readPerson: async (read) => {
      const body = await read(`${api}/user`);
      const addresses = Object.values(await read(`${api}/user/emails`)).map(objectOf);
      const primary = addresses.find(({ primary, verified }) => primary === true && verified === true);
      return {
        subject: subjectOf(body.id),
        email: textOf(primary?.email),
        emailVerified: primary !== undefined,
        nickname: textOf(body.name) ?? textOf(body.login),
      };
    },
  };
}

async function configure(kind: Kind, clientId: string, clientSecret: string): Promise<openid.Configuration> {
  const insecure = kind.issuer.startsWith('http:');
  const authentication = openid.ClientSecretPost(clientSecret);
  if (!kind.endpoints) {
    // Signatures are checked as well, beside the channel that the token came through.
    const execute = [openid.enableNonRepudiationChecks, ...(insecure ? [openid.allowInsecureRequests] : [])];
    const options = { execute, timeout: TIMEOUT_S };
    return openid.discovery(new URL(kind.issuer), clientId, clientSecret, authentication, options);
  }
  const { authorize, token, keys } = kind.endpoints;
  const metadata = {
    issuer: kind.issuer,
    authorization_endpoint: kind.issuer + authorize,
    token_endpoint: kind.issuer + token,
    ...(keys ? { jwks_uri: kind.issuer + keys } : {}),
  };
  const configuration = new openid.Configuration(metadata, clientId, clientSecret, authentication);
  configuration.timeout = TIMEOUT_S;
  if (kind.openId) openid.enableNonRepudiationChecks(configuration);
  if (insecure) openid.allowInsecureRequests(configuration);
  return configuration;
}

function createProvider(name: ProviderName, kind: Kind, clientId: string, clientSecret: string): Provider {
  let configured: Promise<openid.Configuration> | undefined;
  const configuration = () => {
    configured ??= configure(kind, clientId, clientSecret).catch((error: unknown) => {
      // The next login asks again.
      configured = undefined;
      throw error;
    });
    return configured;
  };
  return {
    name,
    begin: async (redirectUri) => {
      const state = openid.randomState();
      const verifier = openid.randomPKCECodeVerifier();
      const nonce = kind.openId ? openid.randomNonce() : null;
      const url = openid.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        state,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(kind.scope ? { scope: kind.scope } : {}),
        ...(nonce ? { nonce } : {}),
      });
      return { url, state, verifier, nonce };
    },
    finish: async (answer, begun) => {
      const server = await configuration();
      const tokens = await openid.authorizationCodeGrant(
        server,
        answer,
        {
          expectedState: begun.state,
          pkceCodeVerifier: begun.verifier,
          expectedNonce: begun.nonce ?? undefined,
          idTokenExpected: kind.openId,
        },
        kind.more?.(begun),
      );
      const read: ReadJson = async (url) => {
        const response = await openid.fetchProtectedResource(server, tokens.access_token, new URL(url), 'GET');
        if (!response.ok) throw new Error(`${url} answered ${response.status}`);
        return objectOf(await response.json());
      };
      return kind.readPerson(read, kind.openId ? tokens.claims() : undefined);
    },
  };
}

const kinds = { kakao, naver, google, github };

/** The providers whose client id and secret are set. */
export function createProviders(config: Settings): Map<ProviderName, Provider> {
  const providers = new Map<ProviderName, Provider>();
  for (const [name, kind] of Object.entries(kinds) as [keyof typeof kinds, (settings: Settings) => Kind][]) {
    const prefix = name.toUpperCase() as Uppercase<typeof name>;
    const [id, secret] = [config[`${prefix}_CLIENT_ID`], config[`${prefix}_CLIENT_SECRET`]];
    if (id && secret) providers.set(name, createProvider(name, kind(config), id, secret));
  }
  return providers;
}
