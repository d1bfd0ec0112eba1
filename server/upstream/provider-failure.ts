import type { ErrorCode } from '#contracts/errors.ts';
import { Problem } from '#server/errors.ts';
import { redact } from './redact.ts';

interface FailureOptions {
  retryAfterS?: number;
  errors?: Array<{ path: string; message: string }>;
  /** True when asking once more could help. */
  retryable?: boolean;
  /** Seconds that the provider itself asked for. */
  askedToWaitS?: number;
}

/** A problem of the provider's making that knows whether asking again could help. */
export class ProviderFailure extends Problem {
  readonly retryable: boolean;
  readonly askedToWaitS: number | undefined;

  constructor(code: ErrorCode, detail: string, options: FailureOptions = {}) {
    super(code, detail, options);
    this.retryable = options.retryable ?? false;
    this.askedToWaitS = options.askedToWaitS;
  }
}

/** Seconds that a busy provider is left alone when it did not say how long. */
const defaultRetryAfterS = 5;

/** Our names of the fields that a provider complains about. */
const ownNames = new Map([
  ['messages', 'content'],
  ['max_completion_tokens', 'max_tokens'],
  ['max_tokens', 'max_tokens'],
  ['model', 'model'],
  ['temperature', 'temperature'],
]);

export type AnswerHeaders = Record<string, string | string[] | undefined>;

/** The problem that an answer of this status is, with its message free of keys. */
export function failureOfStatus(
  status: number,
  headers: AnswerHeaders,
  body: string,
  secrets: readonly string[],
): ProviderFailure {
  const said = readError(body);
  const message = redact(said.message, secrets);
  const askedToWaitS = retryAfterSeconds(headers['retry-after']);
  const mayRetry = headers['x-should-retry'] !== 'false';
  if (status === 401 || status === 403) {
    return new ProviderFailure('provider_auth', `The model provider refused our credentials (${status}).`);
  }
  if (status === 429) {
    return new ProviderFailure('provider_busy', said.message === '' ? 'The model provider is busy.' : message, {
      retryAfterS: askedToWaitS ?? defaultRetryAfterS,
      askedToWaitS,
      retryable: mayRetry && said.code !== 'insufficient_quota',
    });
  }
  if (isAboutRequest(status, said, headers)) {
    const path = fieldOf(status, said);
    const text = message === '' ? `The model provider answered ${status}.` : message;
    return new ProviderFailure('provider_refused', `${path}: ${text}`, { errors: [{ path, message: text }] });
  }
  const detail = `The model provider answered ${status}${message === '' ? '' : `: ${message}`}`;
  return new ProviderFailure(status === 408 ? 'provider_timeout' : 'provider_error', detail, {
    retryAfterS: askedToWaitS,
    askedToWaitS,
    retryable: mayRetry && (status >= 500 || status === 408 || status === 409),
  });
}

interface SaidError {
  message: string;
  param: string;
  code: string;
  /** The body was an error object, not a page of some proxy. */
  known: boolean;
}

/** Reads `{error: {message, param, code}}`, `{error: "…"}`, `{message}` and `{detail}`. */
export function readError(body: string): SaidError {
  const nothing = { message: '', param: '', code: '', known: false };
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return nothing;
  }
  if (typeof parsed !== 'object' || parsed === null) return nothing;
  const outer = parsed as Record<string, unknown>;
  const inner = outer.error ?? outer;
  if (typeof inner === 'string') return { ...nothing, message: inner, known: true };
  if (typeof inner !== 'object' || inner === null) return nothing;
  const { message, detail, param, code } = inner as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { message: text(message) || text(detail), param: text(param), code: text(code), known: true };
}

function isAboutRequest(status: number, said: SaidError, headers: AnswerHeaders): boolean {
  if (status === 400 || status === 413 || status === 422) return true;
  // A page at 404 comes from a wrong base URL, not from a wrong request.
  return status === 404 && (said.known || !String(headers['content-type']).includes('html'));
}

function fieldOf(status: number, said: SaidError): string {
  const name = /^[a-z_]+/.exec(said.param)?.[0] ?? '';
  const own = ownNames.get(name);
  if (own) return own;
  return status === 404 || said.code === 'model_not_found' ? 'model' : 'content';
}

/** Seconds until the time that `Retry-After` names: a number, or an HTTP date. Rounded up. */
export function retryAfterSeconds(value: string | string[] | undefined, now = Date.now()): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (!text) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.ceil(seconds) : undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

const timeoutCodes = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
const brokenCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

/** The problem that a failed connection is. The error itself is not shown: it can name the base URL. */
export function failureOfConnection(error: Error): ProviderFailure {
  const code = codeOf(error);
  if (timeoutCodes.has(code)) return timeoutFailure('connect');
  if (brokenCodes.has(code)) {
    return new ProviderFailure(
      'provider_error',
      'The model provider closed the connection before the answer was complete.',
      {
        retryable: true,
      },
    );
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new ProviderFailure('shutting_down', 'This server is shutting down.', { retryAfterS: defaultRetryAfterS });
  }
  if (error.name === 'HTTPParserError') {
    return new ProviderFailure('provider_error', 'The model provider answered something that is not HTTP.');
  }
  return new ProviderFailure(
    'provider_unreachable',
    `The model provider could not be reached${code === '' ? '' : ` (${code})`}.`,
    { retryAfterS: defaultRetryAfterS, retryable: true },
  );
}

function codeOf(error: Error): string {
  const { code } = error as Error & { code?: unknown };
  return typeof code === 'string' ? code : '';
}

export type TimeLimit = 'connect' | 'first byte' | 'idle' | 'whole answer';

export function timeoutFailure(limit: TimeLimit): ProviderFailure {
  const sentences: Record<TimeLimit, string> = {
    connect: 'The connection to the model provider took too long.',
    'first byte': 'The model provider did not begin to answer in time.',
    idle: 'The model provider stopped in the middle of its answer.',
    'whole answer': 'The model provider needed too long for its whole answer.',
  };
  return new ProviderFailure('provider_timeout', sentences[limit], { retryable: limit === 'connect' });
}

export function brokenAnswer(detail: string): ProviderFailure {
  return new ProviderFailure('provider_error', detail);
}
