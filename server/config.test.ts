import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, isLoopbackHost, readConfig, settings } from './config.ts';

type Name = keyof typeof settings;

interface Expected {
  fallback: unknown;
  /** What is taken, and the value it becomes. */
  good: [text: string, value: unknown][];
  bad: string[];
}

const numbers = (minimum: number, maximum: number, fallback: number): Expected => ({
  fallback,
  good: [
    [String(minimum), minimum],
    [String(maximum), maximum],
    [` ${maximum} `, maximum],
  ],
  bad: [String(minimum - 1), String(maximum + 1), 'many', '1.5', '0x10', '1e3', '١', '--1', '1 000', 'Infinity', 'NaN'],
});

const badUrls = [
  'localhost:8000',
  'example.com',
  '//example.com',
  'javascript:alert(1)',
  'https://',
  'ftp://example.com',
];

const expected: Partial<Record<Name, Expected>> = {
  PORT: numbers(0, 65_535, 8_000),
  HOST: {
    fallback: '127.0.0.1',
    good: ['0.0.0.0', '::', '::1', 'localhost', 'daesa.internal'].map((host) => [host, host]),
    bad: ['http://localhost', 'two hosts', 'a_b', '-a', '127.0.0.1:80', 'a/b'],
  },
  PUBLIC_URL: {
    fallback: 'http://localhost:8000',
    good: [
      ['https://chat.example.com', 'https://chat.example.com'],
      ['https://chat.example.com/', 'https://chat.example.com'],
      ['https://Chat.Example.com:443', 'https://chat.example.com'],
      ['http://10.0.0.1:8080', 'http://10.0.0.1:8080'],
    ],
    bad: [
      ...badUrls,
      'https://example.com/chat',
      'https://example.com?a=1',
      'https://example.com#a',
      'https://user:word@example.com',
    ],
  },
  TRUST_PROXY: {
    fallback: [],
    good: [
      ['127.0.0.1', ['127.0.0.1']],
      ['10.0.0.0/8, ::1,fd00::/8', ['10.0.0.0/8', '::1', 'fd00::/8']],
    ],
    bad: [
      'true',
      '1',
      'localhost',
      '10.0.0.0/33',
      '::1/129',
      '10.0.0.0/8/8',
      '10.0.0.1,',
      '10.0.0',
      '*',
      '10.0.0.0/-1',
    ],
  },
  DATA_DIR: { fallback: './data', good: [['/var/lib/daesa', '/var/lib/daesa']], bad: [] },
  DATABASE_URL: {
    fallback: undefined,
    good: [
      ['postgres://daesa:word@db:5432/daesa', 'postgres://daesa:word@db:5432/daesa'],
      ['postgresql://db/daesa?sslmode=require', 'postgresql://db/daesa?sslmode=require'],
    ],
    bad: ['mysql://root:canary-word@db/daesa', 'db:5432/canary-word', 'file:canary-word.sqlite', 'canary-word'],
  },
  OPENAI_API_KEY: { fallback: undefined, good: [['sk-1', 'sk-1']], bad: [] },
  OPENAI_BASE_URL: {
    fallback: undefined,
    good: [['http://127.0.0.1:11434/v1/', 'http://127.0.0.1:11434/v1']],
    bad: badUrls,
  },
  LOCAL_PROVIDER: {
    fallback: 'auto',
    good: [
      ['OFF', 'off'],
      ['Auto', 'auto'],
      ['http://127.0.0.1:1234/v1', 'http://127.0.0.1:1234/v1'],
    ],
    bad: ['on', 'true', 'ollama', 'localhost:11434'],
  },
  DEFAULT_MODEL: { fallback: undefined, good: [['gpt-4o-mini', 'gpt-4o-mini']], bad: [] },
  DEFAULT_TEMPERATURE: {
    fallback: 0.7,
    good: [
      ['0', 0],
      ['2', 2],
      ['0.25', 0.25],
    ],
    bad: ['-0.1', '2.1', 'warm', '1e0', '.5', '1,5'],
  },
  DEFAULT_MAX_TOKENS: numbers(1, 1_000_000, 2_000),
  DAILY_REQUEST_LIMIT: numbers(-1, 1_000_000_000, 5),
  MAX_CONCURRENT_GENERATIONS: numbers(0, 1_000_000, 8),
  MONTHLY_BUDGET_USD: {
    fallback: undefined,
    good: [
      ['0', 0],
      ['12.5', 12.5],
    ],
    bad: ['-1', '$5', 'none', '1e3', '5 USD'],
  },
  GATEWAY_MAX_TOKENS: numbers(1, 10_000_000, 4_096),
  QUOTA_TIME_ZONE: {
    fallback: 'Asia/Seoul',
    good: ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'].map((zone) => [zone, zone]),
    bad: ['KST+9', 'Asia/Atlantis', '+09:00', '-05', 'local', '9', 'Asia'],
  },
  CORS_ORIGINS: {
    fallback: [],
    good: [
      ['https://a.example', ['https://a.example']],
      ['https://a.example, http://localhost:5173', ['https://a.example', 'http://localhost:5173']],
    ],
    bad: [
      '*',
      'null',
      'a.example',
      'https://*.example',
      'https://a.example/',
      'https://a.example/path',
      'https://A.example',
      'https://a.example:443',
      'https://a.example, *',
      'https://a.example,',
      'file:///a',
    ],
  },
  LOG_LEVEL: {
    fallback: 'info',
    good: [
      ['INFO', 'info'],
      ['Debug', 'debug'],
      ['warn', 'warn'],
      ['SILENT', 'silent'],
    ],
    bad: ['loud', 'warning!', '30', 'info,debug'],
  },
  ADMIN_EMAIL: {
    fallback: undefined,
    good: [['a@example.com', 'a@example.com']],
    bad: ['somebody', 'a b@example.com'],
  },
  METRICS_TOKEN: {
    fallback: undefined,
    good: [['0123456789abcdef', '0123456789abcdef']],
    bad: ['canary-word', 'a'.repeat(15)],
  },
  CONNECT_TIMEOUT_MS: numbers(10, 600_000, 10_000),
  FIRST_BYTE_TIMEOUT_MS: numbers(10, 3_600_000, 60_000),
  IDLE_TIMEOUT_MS: numbers(10, 3_600_000, 60_000),
  ANSWER_TIMEOUT_MS: numbers(10, 86_400_000, 600_000),
  BODY_LIMIT_BYTES: numbers(1_024, 1_073_741_824, 1_048_576),
  UPLOAD_LIMIT_BYTES: numbers(1_024, 4_294_967_296, 33_554_432),
  JSON_DEPTH_LIMIT: numbers(4, 1_000, 64),
  DRAIN_TIMEOUT_MS: numbers(0, 3_600_000, 25_000),
  SOCKET_AUTH_TIMEOUT_MS: numbers(10, 600_000, 10_000),
  STREAM_REPLAY_MS: numbers(0, 86_400_000, 600_000),
  LOGIN_FAILURES_PER_ACCOUNT: numbers(1, 1_000_000, 10),
  LOGIN_FAILURES_PER_NETWORK: numbers(1, 1_000_000, 100),
  JOINS_PER_NETWORK: numbers(1, 1_000_000, 60),
};

/** The one line that a start with this environment ends with. */
function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'it was taken';
}

const rows = Object.entries(expected) as [Name, Expected][];

describe('every setting', () => {
  const names = Object.keys(settings) as Name[];

  test('has its default where it is empty or blank', () => {
    const defaults = readConfig({});
    const set = (text: string) => Object.fromEntries(names.map((name) => [name, text]));
    expect(readConfig(set(''))).toEqual(defaults);
    expect(readConfig(set(' \t'))).toEqual(defaults);
  });

  test('has a sentence for the README', () => {
    for (const name of names) expect(settings[name].sentence).toMatch(/^[A-Z`].*\.$/);
  });
});

describe.each(rows)('%s', (name, { fallback, good, bad }) => {
  test('has its default', () => {
    expect(readConfig({})[name]).toEqual(fallback);
  });

  test('takes every value of its kind', () => {
    for (const [given, value] of good) expect(readConfig({ [name]: given })[name]).toEqual(value);
  });

  test('stops the start over a wrong value with one line that names it, what it got and what it takes', () => {
    for (const given of bad) {
      const line = refusal({ [name]: given });
      expect(line).not.toContain('\n');
      const got = settings[name].secret ? `a text of ${given.length} characters` : JSON.stringify(given);
      expect(line).toBe(`${name} is ${got}; it takes ${settings[name].takes}.`);
    }
  });
});

describe('a secret', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'daesa-config-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const secrets: [Name, string][] = [
    ['DATABASE_URL', 'postgres://daesa:word@db/daesa'],
    ['OPENAI_API_KEY', 'sk-from-a-file'],
    ['METRICS_TOKEN', 'a token of 16 or more'],
  ];

  test.each(secrets)('%s can be a file, named by NAME_FILE', (name, value) => {
    const file = join(directory, name);
    writeFileSync(file, `${value}\n`);
    expect(readConfig({ [`${name}_FILE`]: file })[name]).toBe(value);
    expect(readConfig({ [name]: '', [`${name}_FILE`]: file })[name]).toBe(value);
    const given = name === 'DATABASE_URL' ? 'postgres://given' : 'given in the environment';
    expect(readConfig({ [name]: given, [`${name}_FILE`]: file })[name]).toBe(given);
    expect(readConfig({ [`${name}_FILE`]: '' })[name]).toBeUndefined();
  });

  test('in a file that is missing stops the start with one line', () => {
    const path = join(directory, 'missing');
    expect(refusal({ OPENAI_API_KEY_FILE: path })).toBe(
      `OPENAI_API_KEY_FILE is "${path}", which can't be read; it takes the path of a file that holds the secret.`,
    );
    expect(refusal({ OPENAI_API_KEY_FILE: directory })).toContain("can't be read");
  });

  test('is never shown, whether it is wrong in the environment or in a file', () => {
    const file = join(directory, 'wrong');
    writeFileSync(file, 'canary-word');
    for (const name of ['METRICS_TOKEN', 'DATABASE_URL']) {
      expect(refusal({ [name]: 'canary-word' })).toMatch(new RegExp(`^${name} is a text of 11 characters; `));
      expect(refusal({ [`${name}_FILE`]: file })).toMatch(new RegExp(`^${name} is a text of 11 characters; `));
    }
  });

  test('is the only kind of setting that is read from a file', () => {
    const file = join(directory, 'port');
    writeFileSync(file, '9000');
    expect(readConfig({ PORT_FILE: file }).PORT).toBe(8_000);
  });
});

describe('what follows from the settings', () => {
  test('the public address is this port on localhost unless it is set', () => {
    expect(readConfig({ PORT: '9000' }).PUBLIC_URL).toBe('http://localhost:9000');
    expect(readConfig({ PORT: '9000', PUBLIC_URL: 'https://a.example' }).PUBLIC_URL).toBe('https://a.example');
  });

  test.each([
    [{}, true],
    [{ HOST: '::1' }, true],
    [{ HOST: 'localhost', PUBLIC_URL: 'http://127.0.0.1:8000' }, true],
    [{ PUBLIC_URL: 'http://[::1]:8000' }, true],
    [{ HOST: '0.0.0.0' }, false],
    [{ HOST: '::' }, false],
    [{ HOST: '192.168.0.2' }, false],
    [{ PUBLIC_URL: 'https://daesa.example.com' }, false],
    [{ PUBLIC_URL: 'http://localhost.example.com' }, false],
    [{ TRUST_PROXY: '127.0.0.1' }, false],
  ] as [Record<string, string>, boolean][])('with %o a server is loopback only: %s', (environment, loopbackOnly) => {
    expect(readConfig(environment).loopbackOnly).toBe(loopbackOnly);
  });

  test('only the default of MAX_CONCURRENT_GENERATIONS grows with the daily limit', () => {
    expect(readConfig({}).concurrencyChosen).toBe(false);
    expect(readConfig({ MAX_CONCURRENT_GENERATIONS: ' ' }).concurrencyChosen).toBe(false);
    expect(readConfig({ MAX_CONCURRENT_GENERATIONS: '8' }).concurrencyChosen).toBe(true);
  });

  test('names of loopback hosts are not matched by their beginning', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', 'LOCALHOST', 'a.localhost', '::1', '[::1]']) {
      expect([host, isLoopbackHost(host)]).toEqual([host, true]);
    }
    for (const host of ['127.0.0.1.example', 'localhost.example', '128.0.0.1', '0.0.0.0', '::2', '']) {
      expect([host, isLoopbackHost(host)]).toEqual([host, false]);
    }
  });
});
