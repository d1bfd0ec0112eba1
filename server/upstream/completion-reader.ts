import type { FinishReason, Usage } from './upstream.ts';
import { DeltaTemplate } from './delta-template.ts';
import { EventStreamParser } from './event-stream.ts';
import { ModelText } from './model-text.ts';
import { brokenAnswer, readError } from './provider-failure.ts';
import type { ProviderFailure } from './provider-failure.ts';
import { redact } from './redact.ts';

/** A chunk of a stream, or a whole answer: `delta` in the one, `message` in the other. */
interface Completion {
  model?: unknown;
  error?: unknown;
  choices?: Array<{
    delta?: { content?: unknown; refusal?: unknown };
    message?: { content?: unknown; refusal?: unknown };
    finish_reason?: unknown;
  }> | null;
  usage?: {
    prompt_tokens?: unknown;
    completion_tokens?: unknown;
    prompt_tokens_details?: { cached_tokens?: unknown } | null;
  } | null;
}

/**
 * Reads a chat completion, as an event stream or as one JSON body, and hands on its clean text.
 * Throws a `provider_error` at the first thing that is not part of such an answer.
 */
export class CompletionReader {
  finishReason: FinishReason | undefined;
  usage: Usage | undefined;
  model = '';
  /** The closing `[DONE]`, or the end of a JSON body, was read. */
  done = false;

  readonly #text = new ModelText();
  readonly #template = new DeltaTemplate();
  readonly #events: EventStreamParser;
  readonly #onText: (text: string) => void;
  readonly #secrets: readonly string[];
  readonly #maxTextBytes: number;
  #textBytes = 0;
  #body: Buffer[] | undefined;
  #bodyBytes = 0;

  constructor(onText: (text: string) => void, maxTextBytes: number, secrets: readonly string[]) {
    this.#onText = onText;
    this.#maxTextBytes = maxTextBytes;
    this.#secrets = secrets;
    this.#events = new EventStreamParser(
      (data, name) => this.#takeEvent(data, name),
      (bytes, from, end) => this.#takeKnown(bytes, from, end),
    );
  }

  /** From now on the bytes are those of one JSON body. */
  expectJson(): void {
    this.#body = [];
  }

  /** True when the bytes brought something whole: an event, a comment, a piece of a JSON body. */
  push(bytes: Buffer): boolean {
    if (this.done) return false;
    if (this.#body) {
      this.#body.push(bytes);
      this.#bodyBytes += bytes.length;
      if (this.#bodyBytes > 1024 * 1024 + 6 * this.#maxTextBytes) throw tooLong();
      return true;
    }
    return this.#events.push(bytes);
  }

  /** The body is over. Throws when the answer was not. */
  end(): void {
    if (this.#body && !this.done) {
      const completion = parse(
        Buffer.concat(this.#body)
          .toString('utf8')
          .replace(/^\uFEFF/, ''),
      );
      if (!Array.isArray(completion.choices)) this.#refuseError(completion, '');
      this.#take(completion);
      this.#finish();
    }
    // Some servers leave the blank line after [DONE] out.
    this.#events.end();
    if (!this.done) throw brokenAnswer('The answer of the model provider ended too early.');
  }

  #takeKnown(bytes: Buffer, from: number, end: number): boolean {
    if (this.done) return false;
    const text = this.#template.read(bytes, from, end);
    if (text === undefined) return false;
    this.#show(this.#text.push(text));
    return true;
  }

  #takeEvent(data: string, name: string): void {
    if (this.done) return;
    if (data === '[DONE]' || (data.length < 20 && data.trim() === '[DONE]')) {
      this.#finish();
      return;
    }
    if (data === '') return;
    const completion = parse(data);
    if (name === 'error') this.#refuseError(completion, data);
    this.#take(completion, data);
  }

  #take(completion: Completion, data = ''): void {
    if (completion.error !== undefined && completion.error !== null) this.#refuseError(completion, '');
    if (typeof completion.model === 'string' && completion.model !== '') this.model = completion.model;
    if (completion.usage) this.usage = readUsage(completion.usage) ?? this.usage;
    const choice = completion.choices?.[0];
    if (!choice) return;
    const part = choice.delta ?? choice.message;
    const content = part?.content ?? part?.refusal;
    if (typeof content === 'string' && content !== '') {
      this.#show(this.#text.push(content));
      if (isPlainDelta(completion)) this.#template.learn(data, content);
    }
    if (typeof choice.finish_reason === 'string') this.finishReason = ownFinishReason(choice.finish_reason);
  }

  #show(text: string): void {
    if (text === '') return;
    this.#textBytes += Buffer.byteLength(text);
    if (this.#textBytes > this.#maxTextBytes) throw tooLong();
    this.#onText(text);
  }

  #finish(): void {
    this.#show(this.#text.end());
    this.done = true;
  }

  #refuseError(completion: Completion, data: string): never {
    const message = redact(readError(data === '' ? JSON.stringify(completion) : data).message, this.#secrets);
    throw brokenAnswer(`The model provider broke its answer off${message === '' ? '.' : `: ${message}`}`);
  }
}

/** An event that says nothing but its text. */
function isPlainDelta({ choices, usage }: Completion): boolean {
  return choices?.length === 1 && !usage && typeof choices[0]?.delta?.content === 'string' && !choices[0].finish_reason;
}

function tooLong(): ProviderFailure {
  return brokenAnswer('The answer of the model provider was longer than asked for.');
}

function parse(text: string): Completion {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw brokenAnswer('The model provider answered something that is not JSON.');
  }
  if (typeof value !== 'object' || value === null) {
    throw brokenAnswer('The model provider answered something that is not a completion.');
  }
  return value;
}

function readUsage(usage: NonNullable<Completion['usage']>): Usage | undefined {
  const { prompt_tokens: prompt, completion_tokens: completion, prompt_tokens_details: details } = usage;
  if (!isCount(prompt) || !isCount(completion)) return undefined;
  const cached = details?.cached_tokens;
  return {
    promptTokens: prompt,
    completionTokens: completion,
    cachedTokens: isCount(cached) ? Math.min(cached, prompt) : 0,
    estimated: false,
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function ownFinishReason(reason: string): FinishReason {
  if (reason === 'length' || reason === 'max_tokens') return 'length';
  return reason === 'content_filter' ? 'content_filter' : 'stop';
}
