import type { ErrorCode, FieldError, ProblemDocument } from '#contracts/errors.ts';

/** Code → status and title. The one place that decides which status an error has. */
const errorTable: Record<ErrorCode, { status: number; title: string }> = {
  unreadable: { status: 400, title: 'The request could not be read' },
  too_deep: { status: 400, title: 'The JSON is nested too deeply' },
  too_large: { status: 413, title: 'The request is too large' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  too_slow: { status: 408, title: 'The request took too long to arrive' },
  unsupported_type: { status: 415, title: 'This content type is not taken here' },
  invalid: { status: 422, title: 'Some fields need another value' },
  weak_password: { status: 422, title: 'This password is guessed too easily' },
  unauthenticated: { status: 401, title: 'Please log in' },
  invalid_credentials: { status: 401, title: "E-mail or password doesn't match" },
  otp_required: { status: 401, title: 'A one-time code is needed' },
  forbidden: { status: 403, title: 'This is not yours to do' },
  origin_refused: { status: 403, title: 'This origin may not change anything here' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'This path does not take that method' },
  gone: { status: 410, title: 'No longer available' },
  email_taken: { status: 409, title: 'This e-mail address has an account already' },
  email_unverified: { status: 409, title: 'An account has this e-mail address, which is not verified' },
  identity_taken: { status: 409, title: 'That login belongs to another account' },
  last_login_method: { status: 409, title: 'The last way to log in has to stay' },
  last_administrator: { status: 409, title: 'The last administrator has to stay' },
  conflict: { status: 409, title: 'The state has changed meanwhile' },
  session_in_intake: { status: 409, title: 'The questions of this session come first' },
  idempotency_mismatch: { status: 422, title: 'This Idempotency-Key came with another body' },
  idempotency_running: { status: 409, title: 'The first request with this key is still running' },
  setup_code_required: { status: 403, title: 'The setup code does not match' },
  blocked: { status: 403, title: 'This account is blocked' },
  network_blocked: { status: 403, title: 'This network is blocked' },
  too_many_attempts: { status: 429, title: 'Too many attempts' },
  quota_exhausted: { status: 429, title: "Today's questions are used up" },
  too_many_generations: { status: 429, title: 'Too many answers are being written at once' },
  budget_exhausted: { status: 429, title: 'The budget is used up' },
  too_many_tokens: { status: 429, title: 'Too many tokens in a minute' },
  model_not_allowed: { status: 403, title: 'This API key does not take that model' },
  provider_auth: { status: 502, title: 'The model provider refused our credentials' },
  provider_error: { status: 502, title: 'The model provider failed' },
  provider_busy: { status: 503, title: 'The model provider is busy' },
  provider_unreachable: { status: 503, title: 'The model provider could not be reached' },
  provider_timeout: { status: 504, title: 'The model provider did not answer in time' },
  provider_refused: { status: 422, title: 'The model provider did not take this request' },
  not_supported: { status: 501, title: 'This is not supported here' },
  shutting_down: { status: 503, title: 'This server is shutting down' },
  database_unavailable: { status: 503, title: 'The database can not be reached' },
  storage_full: { status: 507, title: 'The disk of this server is full' },
  internal: { status: 500, title: 'Something went wrong on our side' },
};

interface ProblemOptions {
  /** Seconds after which trying again makes sense: becomes `Retry-After`. */
  retryAfterS?: number;
  /** One entry a wrong field, for `invalid` and `provider_refused`. */
  errors?: FieldError[];
  /** Who an account logs in with. */
  provider?: string;
  /** More answer headers, lower case. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error that an answer can show as it is. Everything else that is thrown becomes `internal`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly retryAfterS: number | undefined;
  readonly errors: FieldError[] | undefined;
  readonly provider: string | undefined;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, detail?: string, options: ProblemOptions = {}) {
    super(detail ?? `${errorTable[code].title}.`, { cause: options.cause });
    this.code = code;
    this.retryAfterS = options.retryAfterS;
    this.errors = options.errors;
    this.provider = options.provider;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  /** The problem document of RFC 9457; `instance` is the path that was asked. */
  toDocument(instance: string): ProblemDocument {
    const { status, title } = errorTable[this.code];
    return {
      type: `about:blank#${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.message,
      instance,
      ...(this.errors ? { errors: this.errors } : {}),
      ...(this.provider ? { provider: this.provider } : {}),
    };
  }
}

/** A problem about one field: 422 with its path named. */
export function invalidField(path: string, message: string): Problem {
  return new Problem('invalid', `${path}: ${message}`, { errors: [{ path, message }] });
}
