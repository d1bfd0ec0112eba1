import type { Dispatcher } from 'undici';
import { Problem } from '../errors.ts';
import { isReasoningModel } from '../upstream/reasoning-models.ts';
import type { AnswerHeaders } from '../upstream/provider-failure.ts';
import type { ProviderRequest, Transport } from '../upstream/transport.ts';
import { EventRelay } from './event-relay.ts';

/** The body of a legacy completion. https://platform.openai.com/docs/api-reference/completions */
export interface CompletionBody {
  model: string;
  prompt?: unknown;
  suffix?: unknown;
  echo?: boolean;
  n?: number;
  best_of?: number | null;
  logprobs?: number | null;
  stream?: boolean;
  stream_options?: unknown;
  max_tokens?: number | null;
  [name: string]: unknown;
}

function badRequest(param: string, message: string): Problem {
  return new Problem('unreadable', message, { errors: [{ path: param, message }] });
}

/** The prompts of a body, one text each. Throws 400 for what can not be served over chat. */
export function readPrompts(body: CompletionBody): string[] {
  const { prompt = '', best_of: bestOf, logprobs } = body;
  if (typeof logprobs === 'number')
    throw badRequest('logprobs', 'logprobs can not be given: completions are served over chat.');
  if (typeof bestOf === 'number' && bestOf > Math.max(1, body.n ?? 1)) {
    throw badRequest('best_of', 'best_of can not be more than n: completions are served over chat.');
  }
  const prompts = Array.isArray(prompt) ? prompt : [prompt];
  if (prompts.length === 0 || prompts.length > 20) throw badRequest('prompt', 'prompt takes 1 to 20 texts.');
  if (!prompts.every((text) => typeof text === 'string')) {
    throw badRequest('prompt', 'prompt takes text; tokens can not be turned back into it here.');
  }
  return prompts as string[];
}

const PLAIN =
  'Continue the text of the user. Answer with the continuation alone: no introduction, no quotation marks, nothing repeated.';

/** What is asked over chat for one prompt. */
export function toChatBody(body: CompletionBody, prompt: string): Buffer {
  const {
    prompt: _prompt,
    suffix,
    echo: _echo,
    best_of: _best,
    logprobs: _logprobs,
    max_tokens: maximum,
    ...rest
  } = body;
  const filling =
    typeof suffix === 'string' && suffix !== '' ? ` The continuation is followed by this text: ${suffix}` : '';
  const chat: Record<string, unknown> = {
    ...rest,
    messages: [
      { role: 'system', content: PLAIN + filling },
      { role: 'user', content: prompt },
    ],
  };
  const reasoning = isReasoningModel(body.model);
  // The legacy default is 16; reasoning models think before they write.
  chat[reasoning ? 'max_completion_tokens' : 'max_tokens'] = maximum ?? (reasoning ? 2_048 : 16);
  if (reasoning) delete chat.temperature;
  return Buffer.from(JSON.stringify(chat));
}

interface ChatChoice {
  index?: number;
  delta?: { content?: string | null };
  message?: { content?: string | null };
  finish_reason?: string | null;
}

/** One chat answer, or one event of it, as a legacy completion. Null: nothing of it shows. */
export function toCompletion(text: string, index: number, choices: number, echoed: string): object | null {
  const chat = JSON.parse(text) as Record<string, unknown> & { choices?: ChatChoice[] };
  if (chat.error) return chat;
  const streamed = chat.object === 'chat.completion.chunk';
  const shown = (chat.choices ?? []).map((choice) => ({
    text: (streamed ? '' : echoed) + (choice.delta?.content ?? choice.message?.content ?? ''),
    index: index * choices + (choice.index ?? 0),
    logprobs: null,
    finish_reason: choice.finish_reason ?? null,
  }));
  if (streamed && !chat.usage && shown.every((choice) => choice.text === '' && choice.finish_reason === null))
    return null;
  return {
    id: String(chat.id ?? '').replace(/^chatcmpl/, 'cmpl'),
    object: 'text_completion',
    created: chat.created,
    model: chat.model,
    choices: shown,
    ...(chat.usage ? { usage: chat.usage } : {}),
  };
}

/** Serves `completions` over the chat of another transport; everything else goes through as it is. */
export function completionsOverChat(inner: Transport): Transport {
  return {
    ...inner,
    send: (request, handler) => {
      if (request.path !== 'completions') return inner.send(request, handler);
      const body = JSON.parse((request.body as Buffer).toString('utf8')) as CompletionBody;
      // Several prompts are asked one after the other, and answered as one.
      sendNext(inner, request, body, readPrompts(body), new Joined(handler, body));
    },
  };
}

function sendNext(
  inner: Transport,
  request: ProviderRequest,
  body: CompletionBody,
  prompts: string[],
  joined: Joined,
): void {
  const prompt = prompts[joined.index]!;
  joined.prompt = prompt;
  joined.last = joined.index === prompts.length - 1;
  joined.next = () => sendNext(inner, request, body, prompts, joined);
  inner.send({ ...request, path: 'chat/completions', body: toChatBody(body, prompt) }, joined);
}

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** Turns one chat answer after the other into one legacy answer. */
class Joined implements Dispatcher.DispatchHandler {
  index = 0;
  prompt = '';
  last = true;
  next: () => void = () => undefined;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #body: CompletionBody;
  readonly #usage: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  #streams = false;
  #refused = false;
  #parts: Buffer[] = [];
  #answers: Record<string, unknown>[] = [];
  #relay: EventRelay | undefined;
  #frame: Record<string, unknown> = {};
  /** The prompt is still to be said, in front of its answer. */
  #echoes = false;

  constructor(handler: Dispatcher.DispatchHandler, body: CompletionBody) {
    this.#handler = handler;
    this.#body = body;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    if (this.index === 0) this.#handler.onRequestStart?.(controller, context);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: AnswerHeaders,
    text?: string,
  ): void {
    this.#refused = status >= 300;
    this.#streams = String(headers['content-type']).includes('event-stream');
    this.#relay = this.#streams ? new EventRelay((data) => this.#event(controller, data)) : undefined;
    if (this.index === 0 || this.#refused) {
      const { 'content-length': _length, ...rest } = headers;
      this.#handler.onResponseStart?.(controller, status, rest, text);
    }
    this.#echoes = this.#streams && this.#body.echo === true;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#refused) this.#handler.onResponseData?.(controller, chunk);
    else if (this.#relay) this.#relay.push(chunk);
    else this.#parts.push(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: AnswerHeaders): void {
    const finish = () => this.#handler.onResponseEnd?.(controller, trailers);
    if (this.#refused) return void finish();
    if (this.#relay) {
      this.#relay.finish();
      // Without its [DONE] the answer is broken, and the reader of this one will see that.
      if (!this.#relay.over) return void finish();
    } else {
      const text = Buffer.concat(this.#parts).toString('utf8');
      const echoed = this.#body.echo ? this.prompt : '';
      this.#parts = [];
      this.#answers.push(toCompletion(text, this.index, this.#body.n ?? 1, echoed) as Record<string, unknown>);
    }
    if (!this.last) {
      this.index += 1;
      return this.next();
    }
    if (this.#relay) this.#endStream(controller);
    else this.#handler.onResponseData?.(controller, Buffer.from(JSON.stringify(this.#join())));
    finish();
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#handler.onResponseError?.(controller, error);
  }

  #event(controller: Dispatcher.DispatchController, data: string): 'pass' | 'last' {
    if (data === '[DONE]') return 'last';
    if (data === '') return 'pass';
    const completion = toCompletion(data, this.index, this.#body.n ?? 1, '') as Record<string, unknown> | null;
    if (!completion) return 'pass';
    const { usage, ...rest } = completion;
    if (usage) this.#count(usage as Usage);
    const { choices: _choices, ...frame } = rest;
    this.#frame = frame;
    if (this.#echoes) this.#say(controller, this.#echo());
    this.#echoes = false;
    if (!Array.isArray(rest.choices) || rest.choices.length > 0) this.#say(controller, rest);
    return 'pass';
  }

  #echo(): object {
    const { n = 1 } = this.#body;
    const choices = Array.from({ length: n }, (_, choice) => {
      return { text: this.prompt, index: this.index * n + choice, logprobs: null, finish_reason: null };
    });
    return { ...this.#frame, choices };
  }

  #say(controller: Dispatcher.DispatchController, event: object | string): void {
    const text = typeof event === 'string' ? event : JSON.stringify(event);
    this.#handler.onResponseData?.(controller, Buffer.from(`data: ${text}\n\n`));
  }

  #count(usage: Usage): void {
    for (const name of ['prompt_tokens', 'completion_tokens', 'total_tokens'] as const)
      this.#usage[name] += usage[name] ?? 0;
  }

  #endStream(controller: Dispatcher.DispatchController): void {
    if (this.#usage.total_tokens > 0) this.#say(controller, { ...this.#frame, choices: [], usage: this.#usage });
    this.#say(controller, '[DONE]');
  }

  #join(): object {
    const [first = {}] = this.#answers;
    if (first.error) return first;
    for (const { usage } of this.#answers) if (usage) this.#count(usage as Usage);
    const choices = this.#answers.flatMap((answer) => (answer.choices as object[]) ?? []);
    return { ...first, choices, ...(this.#usage.total_tokens > 0 ? { usage: this.#usage } : {}) };
  }
}
