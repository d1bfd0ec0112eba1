import { randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { defaultTimeLimits } from '../upstream/chat-call.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import type { ProviderRequest, Transport } from '../upstream/transport.ts';
import type { ChatMessage, ChatResult, Provider } from '../upstream/upstream.ts';
import { hashedWords, toBase64 } from './demo-embedding.ts';
import { responseEvents, responseObject } from './demo-response.ts';

/** The demo model behind the same door as a real provider: it answers requests with the bytes of answers. */
export function createDemoTransport(demo: Provider): Transport {
  return {
    limits: defaultTimeLimits,
    secrets: [],
    socketAddress: () => ({ url: '', headers: {} }),
    send: (request, handler) => {
      const exchange = new Exchange(handler);
      answer(demo, request, exchange).catch((error: unknown) => exchange.fail(error));
    },
  };
}

/** Plays the provider's side of one HTTP exchange. */
class Exchange {
  readonly aborted = new AbortController();
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #controller: Dispatcher.DispatchController;
  #begun = false;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
    this.#controller = {
      abort: (reason: Error) => this.aborted.abort(reason),
      pause: () => undefined,
      resume: () => undefined,
      get aborted() {
        return false;
      },
      get paused() {
        return false;
      },
      get reason() {
        return null;
      },
      rawHeaders: null,
      rawTrailers: null,
    } as unknown as Dispatcher.DispatchController;
    handler.onRequestStart?.(this.#controller, {});
  }

  head(contentType: string): void {
    this.#begun = true;
    this.#handler.onResponseStart?.(this.#controller, 200, { 'content-type': contentType }, 'OK');
  }

  write(text: string): void {
    this.#handler.onResponseData?.(this.#controller, Buffer.from(text));
  }

  event(data: object | string, name?: string): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    this.write(`${name ? `event: ${name}\n` : ''}data: ${text}\n\n`);
  }

  end(): void {
    this.#handler.onResponseEnd?.(this.#controller, {});
  }

  json(body: object): void {
    this.head('application/json');
    this.write(JSON.stringify(body));
    this.end();
  }

  fail(error: unknown): void {
    if (this.aborted.signal.aborted) return;
    if (!this.#begun) this.head('application/json');
    this.#handler.onResponseError?.(this.#controller, error instanceof Error ? error : new Error(String(error)));
  }
}

interface DemoBody {
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  messages?: { role: string; content: unknown }[];
  input?: unknown;
  instructions?: unknown;
  max_tokens?: number;
  max_completion_tokens?: number;
  max_output_tokens?: number;
  encoding_format?: string;
  dimensions?: number;
}

async function answer(provider: Provider, request: ProviderRequest, exchange: Exchange): Promise<void> {
  // The handler's caller goes on first, as it would with a network between.
  await Promise.resolve();
  const body = JSON.parse((request.body as Buffer).toString('utf8')) as DemoBody;
  if (request.path === 'embeddings') return exchange.json(embeddings(body));
  if (request.path === 'responses') return respond(provider, body, exchange);
  return chat(provider, body, exchange);
}

/** The text of a content that is a string or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : '')).join('\n');
}

function messagesOf(messages: { role?: string; content?: unknown }[]): ChatMessage[] {
  return messages.map(({ role, content }) => ({
    role: role === 'assistant' ? 'assistant' : role === 'system' || role === 'developer' ? 'system' : 'user',
    content: textOf(content),
  }));
}

async function ask(
  provider: Provider,
  messages: ChatMessage[],
  maxTokens: number | undefined,
  exchange: Exchange,
  onText: (text: string) => void,
): Promise<{ text: string; result: ChatResult }> {
  let text = '';
  const sink = {
    onAccepted: () => undefined,
    onText: (piece: string) => {
      text += piece;
      onText(piece);
    },
  };
  const request = { model: 'demo', messages, maxTokens };
  const result = await provider.chat(request, sink, exchange.aborted.signal);
  return { text, result };
}

function usageOf({ usage }: ChatResult): object {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}

async function chat(provider: Provider, body: DemoBody, exchange: Exchange): Promise<void> {
  const messages = messagesOf(body.messages ?? []);
  const maximum = body.max_completion_tokens ?? body.max_tokens;
  const frame = {
    id: `chatcmpl-${randomBytes(12).toString('base64url')}`,
    created: Math.floor(Date.now() / 1_000),
    model: 'demo',
  };
  if (!body.stream) {
    const { text, result } = await ask(provider, messages, maximum, exchange, () => undefined);
    const message = { role: 'assistant', content: text, refusal: null };
    const choice = { index: 0, message, logprobs: null, finish_reason: result.finishReason };
    exchange.json({ ...frame, object: 'chat.completion', choices: [choice], usage: usageOf(result) });
    return;
  }
  const chunk = (delta: object, reason: string | null) =>
    exchange.event({
      ...frame,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    });
  exchange.head('text/event-stream; charset=utf-8');
  chunk({ role: 'assistant', content: '' }, null);
  const { result } = await ask(provider, messages, maximum, exchange, (content) => chunk({ content }, null));
  chunk({}, result.finishReason);
  if (body.stream_options?.include_usage) {
    exchange.event({ ...frame, object: 'chat.completion.chunk', choices: [], usage: usageOf(result) });
  }
  exchange.event('[DONE]');
  exchange.end();
}

async function respond(provider: Provider, body: DemoBody, exchange: Exchange): Promise<void> {
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : ((body.input ?? []) as []);
  const messages = messagesOf(input);
  if (typeof body.instructions === 'string') messages.unshift({ role: 'system', content: body.instructions });
  const frame = { id: `resp_${randomBytes(16).toString('hex')}`, item: `msg_${randomBytes(16).toString('hex')}` };
  if (!body.stream) {
    const { text, result } = await ask(provider, messages, body.max_output_tokens, exchange, () => undefined);
    return exchange.json(responseObject(frame, 'completed', text, result.usage));
  }
  exchange.head('text/event-stream; charset=utf-8');
  const events = responseEvents(frame, (type, data) => exchange.event({ type, ...data }, type));
  events.start();
  const { result } = await ask(provider, messages, body.max_output_tokens, exchange, (text) => events.delta(text));
  events.end(result.usage);
  exchange.end();
}

function embeddings({ input, encoding_format: format, dimensions }: DemoBody): object {
  const texts = Array.isArray(input) ? input.map((text) => String(text)) : [String(input ?? '')];
  const size = typeof dimensions === 'number' && dimensions > 0 && dimensions <= 4_096 ? dimensions : undefined;
  const data = texts.map((text, index) => {
    const vector = hashedWords(text, size);
    return { object: 'embedding', index, embedding: format === 'base64' ? toBase64(vector) : vector };
  });
  const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
  return { object: 'list', data, model: 'demo', usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
