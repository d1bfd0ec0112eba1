import { isIP } from 'node:net';

/** One setting: how its text becomes a value, what it is without one, and its sentence in the README. */
export interface Setting<T> {
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

export function integer(minimum: number, maximum: number, fallback: number, sentence: string): Setting<number> {
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

export function decimal<T extends number | undefined>(
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

export function text<T extends string | undefined>(fallback: T, sentence: string, shown?: string): Setting<string | T> {
  return { takes: 'a text', parse: (value) => value, fallback, sentence, shown };
}

export const hostName: Setting<string> = {
  takes: 'an IP address or a host name',
  parse: (value) => (isIP(value) !== 0 || /^[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/i.test(value) ? value : undefined),
  fallback: '127.0.0.1',
  sentence: 'The address it listens at; `0.0.0.0` for every network.',
};

export const publicUrl: Setting<string | undefined> = {
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

export const administratorEmail: Setting<string | undefined> = {
  takes: 'an e-mail address',
  parse: (value) => (/^[^\s@]+@[^\s@]+$/.test(value) && value.length <= 254 ? value : undefined),
  fallback: undefined,
  sentence: 'The account that becomes administrator once its address is verified.',
};

export function secret(sentence: string, minimum = 1): Setting<string | undefined> {
  return {
    takes: `a text of at least ${minimum} character${minimum === 1 ? '' : 's'}`,
    parse: (value) => (value.length >= minimum ? value : undefined),
    fallback: undefined,
    secret: true,
    sentence,
  };
}

export function url<T extends string | undefined>(
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

export function secretUrl(protocols: string[], sentence: string): Setting<string | undefined> {
  return { ...url(protocols, undefined, sentence), secret: true };
}

export function choice<T extends string, Fallback extends T | undefined>(
  values: readonly T[],
  fallback: Fallback,
  sentence: string,
): Setting<T | Fallback> {
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

export const addressList: Setting<string[]> = {
  takes: 'addresses or networks, separated by commas (10.0.0.0/8, ::1)',
  parse: (value) => {
    const entries = value.split(',').map((entry) => entry.trim());
    return entries.every(isAddressRange) ? entries : undefined;
  },
  fallback: [],
  shown: 'unset',
  sentence: 'Addresses of the balancers whose `X-Forwarded-For` and `X-Forwarded-Proto` count.',
};

export const originList: Setting<string[]> = {
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

export const timeZone: Setting<string> = {
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

export const localProvider: Setting<string> = {
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
