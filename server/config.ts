import { readFileSync } from 'node:fs';
import {
  addressList,
  administratorEmail,
  choice,
  decimal,
  hostName,
  integer,
  localProvider,
  originList,
  publicUrl,
  secret,
  secretUrl,
  text,
  timeZone,
  url,
  type Setting,
} from './setting-kinds.ts';
import { StartError } from './start-error.ts';

/** The three settings of a login provider; without an id and a secret it is not offered. */
const clientId = (name: string) => text(undefined, `The client id of the login with ${name}.`, 'unset: not offered');
const clientSecret = (name: string) => secret(`The client secret of the login with ${name}.`);
const issuer = (name: string, base: string) =>
  url(['http', 'https'], undefined, `The base address of ${name}, for tests and self-hosted ones.`, `\`${base}\``);

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const second = 1_000;
const MiB = 1_048_576;

/** Every environment variable of the server. The README's table is generated from it (`npm run docs`). */
export const settings = {
  PORT: integer(0, 65_535, 8_000, 'The port of the one HTTP server.'),
  HOST: hostName,
  WORKERS: integer(1, 256, 1, 'Processes that share the port, under one that starts again what ends; PostgreSQL only.'),
  PUBLIC_URL: publicUrl,
  TRUST_PROXY: addressList,
  DATA_DIR: text('./data', 'The folder of the embedded database. One process at a time.'),
  DATABASE_URL: {
    ...secretUrl(['postgres', 'postgresql'], 'A PostgreSQL (15 or newer) in place of the embedded SQLite.'),
    shown: 'unset: SQLite',
  },
  REDIS_URL: {
    ...secretUrl(
      ['redis', 'rediss'],
      'A Redis that several instances share: streams, the response cache and short limits. Never the truth about quota, money or logins.',
    ),
    shown: 'unset: in this process',
  },
  OPENAI_API_KEY: secret('The provider’s key. It is never logged and never sent to a browser.'),
  OPENAI_BASE_URL: url(
    ['http', 'https'],
    undefined,
    'Any OpenAI-compatible server. Set without a key, it is asked without `Authorization`.',
    '`https://api.openai.com/v1` where a key is set',
  ),
  LOCAL_PROVIDER: localProvider,
  PROVIDERS_FILE: text(
    undefined,
    'A JSON list of more providers: name, base_url, api_key or api_key_env, models, endpoints, prices, priority, weight.',
  ),
  DEFAULT_MODEL: text(
    undefined,
    'The model of a request that names none.',
    'the first preferred one the provider offers',
  ),
  DEFAULT_TEMPERATURE: decimal(0, 2, 0.7, 'Sent only where the model takes one.'),
  DEFAULT_MAX_TOKENS: integer(1, 1_000_000, 2_000, 'The longest answer, in tokens.'),
  DAILY_REQUEST_LIMIT: integer(-1, 1_000_000_000, 5, 'Model requests a user and day; `0` none, `-1` unlimited.'),
  MAX_CONCURRENT_GENERATIONS: {
    ...integer(0, 1_000_000, 8, 'Answers being written at once, a user; `0` no limit.'),
    shown: '8, or the daily limit if that is larger',
  },
  MONTHLY_BUDGET_USD: decimal(
    0,
    1_000_000,
    undefined,
    'A hard cap over all users and a month: nothing is asked of the provider past it.',
  ),
  GATEWAY_MAX_TOKENS: integer(
    1,
    10_000_000,
    4_096,
    'Added to a `/v1` request that names no maximum, only where a budget applies.',
  ),
  UNKNOWN_PRICE_RESERVE_USD: decimal(
    0,
    1_000,
    0.1,
    'Set aside in a budget for a request whose price nobody knows, and counted as spent by it.',
  ),
  AUTO_TITLES: choice(
    ['on', 'off'] as const,
    'on',
    'Whether a model writes the title of a conversation whose first message is too long to be one. It costs money, no unit.',
  ),
  QUOTA_TIME_ZONE: timeZone,
  CORS_ORIGINS: originList,
  LOG_LEVEL: choice(logLevels, 'info', 'How much is logged, as JSON lines on standard output.'),
  ADMIN_EMAIL: administratorEmail,
  SMTP_URL: secretUrl(
    ['smtp', 'smtps'],
    'The mail server (`smtp://user:password@host:587`); without one there is no verification and no password reset.',
  ),
  WEBHOOK_NETWORKS: {
    ...addressList,
    sentence: 'Own networks that webhooks may reach; without it they reach the public internet only.',
  },
  MAIL_FROM: text(undefined, 'The sender of mails.', '`Daesa <no-reply@` the host of `PUBLIC_URL` `>`'),
  TERMS_URL: url(['https', 'http'], undefined, 'Terms of use that whoever joins agrees to.', 'unset: nobody is asked'),
  PRIVACY_URL: url(
    ['https', 'http'],
    undefined,
    'Privacy policy that whoever joins agrees to.',
    'unset: nobody is asked',
  ),
  KAKAO_CLIENT_ID: clientId('Kakao'),
  KAKAO_CLIENT_SECRET: clientSecret('Kakao'),
  KAKAO_ISSUER: issuer('Kakao', 'https://kauth.kakao.com'),
  KAKAO_OIDC: choice(['on', 'off'], 'off', 'Ask Kakao for an ID token too, where the Kakao app has OpenID Connect on.'),
  NAVER_CLIENT_ID: clientId('Naver'),
  NAVER_CLIENT_SECRET: clientSecret('Naver'),
  NAVER_ISSUER: issuer('Naver', 'https://nid.naver.com'),
  GOOGLE_CLIENT_ID: clientId('Google'),
  GOOGLE_CLIENT_SECRET: clientSecret('Google'),
  GOOGLE_ISSUER: issuer('Google', 'https://accounts.google.com'),
  GITHUB_CLIENT_ID: clientId('GitHub'),
  GITHUB_CLIENT_SECRET: clientSecret('GitHub'),
  GITHUB_ISSUER: issuer('GitHub', 'https://github.com'),
  COMMON_PASSWORDS: {
    ...choice(
      ['refuse', 'allow'] as const,
      undefined,
      'Whether a new password may be one of the most used ones, or the name of the server or the account.',
    ),
    shown: '`refuse`; `allow` on a server that is loopback only',
  },
  METRICS_TOKEN: secret('A bearer token for whoever scrapes `/metrics`, at least 16 characters.', 16),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(
    ['http', 'https'],
    undefined,
    'An OpenTelemetry collector (OTLP over HTTP) that gets a span with `gen_ai.*` names for each call below `/v1`; its other standard variables count as well.',
  ),
  CONNECT_TIMEOUT_MS: integer(10, 600_000, 10 * second, 'Longest wait for a connection to the provider.'),
  FIRST_BYTE_TIMEOUT_MS: integer(10, 3_600_000, 60 * second, 'Longest wait for the provider’s first byte.'),
  IDLE_TIMEOUT_MS: integer(10, 3_600_000, 60 * second, 'Longest silence between two events of an answer.'),
  ANSWER_TIMEOUT_MS: integer(10, 86_400_000, 600 * second, 'Longest time a whole answer may take.'),
  REQUEST_TIMEOUT_MS: integer(
    100,
    3_600_000,
    300 * second,
    'Longest time in which a whole request has to arrive; its headers have a minute of it.',
  ),
  BODY_LIMIT_BYTES: integer(1_024, 1_073_741_824, MiB, 'Largest JSON body.'),
  UPLOAD_LIMIT_BYTES: integer(1_024, 4_294_967_296, 32 * MiB, 'Largest body below `/v1`.'),
  JSON_DEPTH_LIMIT: integer(4, 1_000, 64, 'Deepest nesting of a JSON body.'),
  DRAIN_TIMEOUT_MS: integer(
    0,
    3_600_000,
    25 * second,
    'How long running answers may go on after a stop was asked for.',
  ),
  SOCKET_AUTH_TIMEOUT_MS: integer(10, 600_000, 10 * second, 'How long an open WebSocket may stay without a login.'),
  STREAM_REPLAY_MS: integer(0, 86_400_000, 600 * second, 'How long a finished stream stays readable.'),
  LOGIN_FAILURES_PER_ACCOUNT: integer(1, 1_000_000, 10, 'Failed logins in 15 minutes, an account and network.'),
  LOGIN_FAILURES_PER_NETWORK: integer(1, 1_000_000, 100, 'Failed logins in 15 minutes, a network.'),
  JOINS_PER_NETWORK: integer(1, 1_000_000, 60, 'New accounts in an hour, a network.'),
  PUBLIC_READS_PER_NETWORK: integer(
    1,
    1_000_000,
    600,
    'Published pages and public sessions read without a login in a minute, a network.',
  ),
  RESETS_PER_NETWORK: integer(
    1,
    1_000_000,
    30,
    'Mails for a password reset in an hour, a network; a tenth an account.',
  ),
  NETWORK_BLOCK_MINUTES: integer(
    0,
    525_600,
    60,
    'How long a network is blocked that goes on failing past its limit; `0` never.',
  ),
  LOGIN_IDLE_DAYS: integer(1, 3_650, 30, 'A login ends after so many days without use.'),
  LOGIN_LIFETIME_DAYS: integer(1, 3_650, 90, 'A login ends so many days after it began.'),
};

type Settings = typeof settings;
export type SettingName = keyof Settings;
type Values = { [Name in SettingName]: Settings[Name] extends Setting<infer T> ? T : never };

export type Config = Values & {
  /** Where people reach this server, without a trailing slash. */
  PUBLIC_URL: string;
  /** Whether MAX_CONCURRENT_GENERATIONS was set by hand: only the default grows with the daily limit. */
  concurrencyChosen: boolean;
  /** HOST and PUBLIC_URL are loopback and no proxy is trusted: the first account is administrator. */
  loopbackOnly: boolean;
};

export class ConfigError extends StartError {
  override readonly name = 'ConfigError';
}

function rawValue(name: string, setting: Setting<unknown>, environment: NodeJS.ProcessEnv): string | undefined {
  const given = environment[name]?.trim();
  if (given) return given;
  const file = setting.secret ? environment[`${name}_FILE`]?.trim() : undefined;
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    throw new ConfigError(
      `${name}_FILE is "${file}", which can't be read; it takes the path of a file that holds the secret.`,
    );
  }
}

function readSetting(name: string, setting: Setting<unknown>, environment: NodeJS.ProcessEnv): unknown {
  const raw = rawValue(name, setting, environment);
  if (raw === undefined) return setting.fallback;
  const value = setting.parse(raw);
  if (value === undefined) {
    const got = setting.secret ? `a text of ${raw.length} characters` : JSON.stringify(raw);
    throw new ConfigError(`${name} is ${got}; it takes ${setting.takes}.`);
  }
  return value;
}

export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** The settings from the environment. Throws `ConfigError` with the one line that says what is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const values = Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [
      name,
      readSetting(name, setting as Setting<unknown>, environment),
    ]),
  ) as Values;
  const publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;
  const loopbackOnly =
    isLoopbackHost(values.HOST) && isLoopbackHost(new URL(publicUrl).hostname) && values.TRUST_PROXY.length === 0;
  return {
    ...values,
    PUBLIC_URL: publicUrl,
    COMMON_PASSWORDS: values.COMMON_PASSWORDS ?? (loopbackOnly ? 'allow' : 'refuse'),
    concurrencyChosen: Boolean(environment.MAX_CONCURRENT_GENERATIONS?.trim()),
    loopbackOnly,
  };
}
