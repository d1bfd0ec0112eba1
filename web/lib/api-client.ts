import type { ErrorCode, FieldError, ProblemDocument } from '#contracts/errors.ts';

/** An answer that is an error, or no answer at all (`unreachable`). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ErrorCode | 'unreachable';
  /** 0 where no answer came. */
  readonly status: number;
  readonly fields: FieldError[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfterS: number | undefined;
  readonly requestId: string | undefined;
  /** Who the account of a taken address logs in with, where it has no password. */
  readonly provider: string | undefined;

  constructor(
    code: ErrorCode | 'unreachable',
    status: number,
    more: Partial<ProblemDocument> & { response?: Response } = {},
  ) {
    super(more.detail ?? code);
    this.code = code;
    this.status = status;
    this.fields = more.errors ?? [];
    this.provider = more.provider;
    const after = Number(more.response?.headers.get('retry-after') ?? Number.NaN);
    this.retryAfterS = Number.isFinite(after) ? after : undefined;
    this.requestId = more.response?.headers.get('x-request-id') ?? undefined;
  }
}

/** Where the API is, and how it knows who asks. */
export interface ApiPlace {
  /** Empty: on the page's own server. */
  address: string;
  credentials: RequestCredentials;
  /** What a login asks for: a cookie, or a token that the page itself keeps and shows. */
  session: 'cookie' | 'token';
  token?: string | undefined;
}
export const apiPlace: ApiPlace = { address: '', credentials: 'same-origin', session: 'cookie' };

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
}

type Watcher = (response: Response) => void;
const watchers = new Set<Watcher>();

/** Shows every answer of the API to `watcher`, for the quota headers and for logins that have ended. */
export function watchAnswers(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** One request; the answer as it came, or an ApiProblem thrown. */
export async function send(path: string, request: ApiRequest = {}): Promise<Response> {
  const { method = 'GET', body, headers = {}, signal, keepalive } = request;
  let response: Response;
  try {
    response = await fetch(apiPlace.address + path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(apiPlace.token ? { authorization: `Bearer ${apiPlace.token}` } : {}),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      keepalive: keepalive ?? false,
      credentials: apiPlace.credentials,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiProblem('unreachable', 0);
  }
  for (const watcher of watchers) watcher(response);
  if (!response.ok) throw await readProblem(response);
  return response;
}

/** The JSON of an answer. */
export async function call<Body>(path: string, request?: ApiRequest): Promise<Body> {
  const response = await send(path, request);
  return response.status === 204 ? (undefined as Body) : ((await response.json()) as Body);
}

async function readProblem(response: Response): Promise<ApiProblem> {
  try {
    const document = (await response.json()) as Partial<ProblemDocument>;
    return new ApiProblem(document.code ?? codeOf(response.status), response.status, { ...document, response });
  } catch {
    // Something between us and the server has answered.
    return new ApiProblem(codeOf(response.status), response.status, { response });
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 413) return 'too_large';
  return 'internal';
}

/** What was thrown, as a problem; anything unforeseen reads like a failure of ours. */
export function asProblem(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : new ApiProblem('internal', 0);
}
