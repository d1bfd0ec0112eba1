import type { Pool } from 'undici';
import { ChatCall, defaultTimeLimits } from './chat-call.ts';
import type { TimeLimits } from './chat-call.ts';
import { readModelList } from './model-list.ts';
import { failureOfConnection, failureOfStatus, timeoutFailure } from './provider-failure.ts';
import { isReasoningModel } from './reasoning-models.ts';
import { TRACE_HEADER, type Transport } from './transport.ts';
import type { CatalogueModel, ChatRequest, ChatResult, Provider } from './upstream.ts';

interface OpenAiOptions {
  kind?: 'openai' | 'local';
  /** Ends in `/v1` as a rule; a query is kept, `user:password@` becomes basic authorization. */
  baseUrl: string;
  apiKey?: string;
  limits?: Partial<TimeLimits>;
}

export interface OpenAiProvider extends Provider {
  close(): Promise<void>;
}

/**
 * A provider behind any OpenAI-compatible server, over connections that are kept open. Its HTTP client is loaded
 * with the first one: a server that has only the demo model stays smaller.
 */
export async function createOpenAiProvider(options: OpenAiOptions): Promise<OpenAiProvider> {
  const { Pool } = await import('undici');
  const { kind = 'openai', apiKey } = options;
  const limits = { ...defaultTimeLimits, ...options.limits };
  const base = new URL(options.baseUrl);
  const secrets = secretsOf(base, apiKey);
  const path = base.pathname.replace(/\/+$/, '');
  const chatPath = `${path}/chat/completions${base.search}`;
  const headers = [...authorization(base, apiKey), 'accept', 'application/json, text/event-stream'];
  const chatHeaders = [...headers, 'content-type', 'application/json'];
  const pool = new Pool(base.origin, {
    connect: { timeout: limits.connectMs },
    // One request a connection: an abort closes its socket and touches no other answer.
    allowH2: false,
    pipelining: 1,
    // ChatCall has its own limits, which count events instead of bytes.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  return {
    kind,
    chat(request, sink, signal) {
      return new Promise<ChatResult>((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const call = new ChatCall({ request, sink, signal, limits, secrets, resolve, reject });
        const { traceId } = request;
        const sent = traceId === undefined ? chatHeaders : [...chatHeaders, TRACE_HEADER, traceId];
        pool.dispatch({ path: chatPath, method: 'POST', headers: sent, body: chatBody(request) }, call);
        call.dispatched();
      });
    },
    transport: transportOver(pool, base, authorization(base, apiKey), secrets, limits),
    listModels: (signal) => listModels(pool, `${path}/models${base.search}`, headers, secrets, signal),
    close: () => pool.destroy(),
  };
}

function transportOver(pool: Pool, base: URL, credentials: string[], secrets: string[], limits: TimeLimits): Transport {
  const pathOf = (path: string) => {
    const [name = '', query] = path.split('?', 2);
    const search = [base.search.slice(1), query].filter(Boolean).join('&');
    return `${base.pathname.replace(/\/+$/, '')}/${name}${search === '' ? '' : `?${search}`}`;
  };
  return {
    limits,
    secrets,
    socketAddress: (path) => ({
      url: `${base.protocol === 'https:' ? 'wss:' : 'ws:'}//${base.host}${pathOf(path)}`,
      headers: Object.fromEntries(credentials.length > 0 ? [credentials as [string, string]] : []),
    }),
    send({ method, path, headers, body }, handler) {
      pool.dispatch(
        { path: pathOf(path), method: method as 'POST', headers: [...credentials, ...headers], body },
        handler,
      );
    },
  };
}

/** The request as the provider takes it; always a stream, always with its usage. */
function chatBody(request: ChatRequest): string {
  const reasoning = isReasoningModel(request.model);
  return JSON.stringify({
    model: request.model,
    messages: request.messages,
    stream: true,
    stream_options: { include_usage: true },
    [reasoning ? 'max_completion_tokens' : 'max_tokens']: request.maxTokens,
    temperature: reasoning ? undefined : request.temperature,
  });
}

function authorization(base: URL, apiKey: string | undefined): string[] {
  if (apiKey) return ['authorization', `Bearer ${apiKey}`];
  if (base.username === '') return [];
  const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  return ['authorization', `Basic ${Buffer.from(credentials).toString('base64')}`];
}

function secretsOf(base: URL, apiKey: string | undefined): string[] {
  const secrets = [apiKey, base.password, decodeURIComponent(base.password), base.username];
  return secrets.filter((secret) => secret !== undefined && secret !== '') as string[];
}

async function listModels(
  pool: Pool,
  path: string,
  headers: string[],
  secrets: string[],
  signal: AbortSignal,
): Promise<CatalogueModel[]> {
  try {
    const answer = await pool.request({
      path,
      method: 'GET',
      headers,
      signal,
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
    });
    const text = await answer.body.text();
    // A server without a list is still a server.
    if ([404, 405, 501].includes(answer.statusCode)) return [];
    if (answer.statusCode !== 200) throw failureOfStatus(answer.statusCode, answer.headers, text, secrets);
    return readModelList(text);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Error && error.name === 'HeadersTimeoutError') throw timeoutFailure('first byte');
    throw error instanceof Error && !('status' in error) ? failureOfConnection(error) : error;
  }
}
