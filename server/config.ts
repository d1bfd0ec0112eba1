import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { StartError } from './start-error.ts';

/** One setting: how its text becomes a value, what it is without one, and its sentence in the README. */
interface Setting<T> {
  /** What the variable takes, as the error line says it: «a whole number from 1 to 65535». */
  takes: string;
  /** Gives the value, or undefined where the text is none. */
  parse: (text: string) => T | undefined;
  fallback: T;
  /** The default as the README shows it, where the value itself would not read well. */
  shown?: string;
  secret?: boolean;
  sentence: string;
}

function integer(minimum: number, maximum: number, fallback: number, sentence: string): Setting<number> {
  return {
    takes: `a whole number from ${minimum} to ${maximum}`,
    parse: (text) => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= minimum && value <= maximum ? value : undefined;
    },
    fallback,
    sentence,
  };
}

function decimal<T extends number | undefined>(
  minimum: number,
  maximum: number,
  fallback: T,
  sentence: string,
): Setting<number | T> {
  return {
    takes: `a number from ${minimum} to ${maximum}`,
    parse: (text) => {
      const value = /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
      return value >= minimum && value <= maximum ? value : undefined;
    },
    fallback,
    sentence,
  };
}

function text<T extends string | undefined>(fallback: T, sentence: string, shown?: string): Setting<string | T> {
  return { takes: 'a text', parse: (value) => value, fallback, sentence, shown };
}

const hostName: Setting<string> = {
  takes: 'an IP address or a host name',
  parse: (value) => (isIP(value) !== 0 || /^[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/i.test(value) ? value : undefined),
  fallback: '127.0.0.1',
  sentence: 'The address it listens at; `0.0.0.0` for every network.',
};

const publicUrl: Setting<string | undefined> = {
  takes: 'a URL that begins with http:// or https:// and has no path',
  parse: (value) => {
    if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
    const { href, origin } = new URL(value);
    return href === `${origin}/` ? origin : undefined;
  },
  fallback: undefined,
  shown: '`http://localhost:PORT`',
  sentence: 'The address people use: the only source of links, cookie flags and OAuth redirects.',
};

const administratorEmail: Setting<string | undefined> = {
  takes: 'an e-mail address',
  parse: (value) => (/^[^\s@]+@[^\s@]+$/.test(value) && value.length <= 254 ? value : undefined),
  fallback: undefined,
  sentence: 'The account that becomes administrator once its address is verified.',
};

function secret(sentence: string, minimum = 1): Setting<string | undefined> {
  return {
    takes: `a text of at least ${minimum} character${minimum === 1 ? '' : 's'}`,
    parse: (value) => (value.length >= minimum ? value : undefined),
    fallback: undefined,
    secret: true,
    sentence,
  };
}

function url<T extends string | undefined>(
  protocols: string[],
  fallback: T,
  sentence: string,
  shown?: string,
): Setting<string | T> {
  return {
    takes: `a URL that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`,
    parse: (value) => {
      if (!URL.canParse(value)) return undefined;
      return protocols.includes(new URL(value).protocol.slice(0, -1)) ? value.replace(/\/+$/, '') : undefined;
    },
    fallback,
    sentence,
    shown,
  };
}

function secretUrl(protocols: string[], sentence: string): Setting<string | undefined> {
  return { ...url(protocols, undefined, sentence), secret: true };
}

function choice<T extends string>(values: readonly T[], fallback: T, sentence: string): Setting<T> {
  return {
    takes: `one of ${values.join(', ')}`,
    parse: (value) => values.find((known) => known === value.toLowerCase()),
    fallback,
    sentence,
  };
}

function isAddressRange(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const addressList: Setting<string[]> = {
  takes: 'addresses or networks, separated by commas (10.0.0.0/8, ::1)',
  parse: (value) => {
    const entries = value.split(',').map((entry) => entry.trim());
    return entries.every(isAddressRange) ? entries : undefined;
  },
  fallback: [],
  shown: 'unset',
  sentence: 'Addresses of the balancers whose `X-Forwarded-For` and `X-Forwarded-Proto` count.',
};

const originList: Setting<string[]> = {
  takes: 'exact origins, separated by commas (https://chat.example.com); * is refused',
  parse: (value) => {
    const entries = value.split(',').map((entry) => entry.trim());
    const isOrigin = (entry: string) =>
      /^https?:\/\/[^*]+$/.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry;
    return entries.every(isOrigin) ? entries : undefined;
  },
  fallback: [],
  shown: 'unset: own origin only',
  sentence: 'Other origins whose pages may use this server from a browser.',
};

const timeZone: Setting<string> = {
  takes: 'the name of a time zone, such as Asia/Seoul or UTC',
  parse: (value) => {
    try {
      // Offsets such as +09:00 are refused: PostgreSQL reads their sign the other way round.
      if (!/^[A-Za-z]/.test(value)) return undefined;
      return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone && value;
    } catch {
      return undefined;
    }
  },
  fallback: 'Asia/Seoul',
  sentence: 'The time zone in which a day of the quota begins.',
};

const localProvider: Setting<string> = {
  takes: 'auto, off, or a URL that begins with http:// or https://',
  parse: (value) => {
    const word = value.toLowerCase();
    if (word === 'auto' || word === 'off') return word;
    return /^https?:\/\//.test(value) && URL.canParse(value) ? value.replace(/\/+$/, '') : undefined;
  },
  fallback: 'auto',
  sentence:
    'With neither `OPENAI_API_KEY` nor `OPENAI_BASE_URL`: look for a local OpenAI-compatible server at Ollama’s default address (`auto`), at a URL, or not at all (`off`).',
};

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const second = 1_000;
const MiB = 1_048_576;

/** Every environment variable of the server. The README's table is generated from it (`npm run docs`). */
export const settings = {
  PORT: integer(0, 65_535, 8_000, 'The port of the one HTTP server.'),
  HOST: hostName,
  PUBLIC_URL: publicUrl,
  TRUST_PROXY: addressList,
  DATA_DIR: text('./data', 'The folder of the embedded database. One process at a time.'),
  DATABASE_URL: {
    ...secretUrl(['postgres', 'postgresql'], 'A PostgreSQL (15 or newer) in place of the embedded SQLite.'),
    shown: 'unset: SQLite',
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
    'A JSON list of more providers for `/v1`: name, base_url, api_key or api_key_env, models, endpoints, priority, weight.',
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
  METRICS_TOKEN: secret('A bearer token for whoever scrapes `/metrics`, at least 16 characters.', 16),
  CONNECT_TIMEOUT_MS: integer(10, 600_000, 10 * second, 'Longest wait for a connection to the provider.'),
  FIRST_BYTE_TIMEOUT_MS: integer(10, 3_600_000, 60 * second, 'Longest wait for the provider’s first byte.'),
  IDLE_TIMEOUT_MS: integer(10, 3_600_000, 60 * second, 'Longest silence between two events of an answer.'),
  ANSWER_TIMEOUT_MS: integer(10, 86_400_000, 600 * second, 'Longest time a whole answer may take.'),
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
  return {
    ...values,
    PUBLIC_URL: publicUrl,
    concurrencyChosen: Boolean(environment.MAX_CONCURRENT_GENERATIONS?.trim()),
    loopbackOnly:
      isLoopbackHost(values.HOST) && isLoopbackHost(new URL(publicUrl).hostname) && values.TRUST_PROXY.length === 0,
  };
}
