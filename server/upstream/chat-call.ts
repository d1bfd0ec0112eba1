import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Transform } from 'node:stream';
import type { Dispatcher } from 'undici';
import { CompletionReader } from './completion-reader.ts';
import { estimateUsage } from './estimate-tokens.ts';
import { brokenAnswer, failureOfConnection, failureOfStatus, timeoutFailure } from './provider-failure.ts';
import type { AnswerHeaders, TimeLimit } from './provider-failure.ts';
import type { ChatRequest, ChatResult, ChatSink } from './upstream.ts';

/** Milliseconds. */
export interface TimeLimits {
  connectMs: number;
  /** From the request sent to the first event of the answer. */
  firstByteMs: number;
  /** Between two events. */
  idleMs: number;
  wholeMs: number;
}

export const defaultTimeLimits: TimeLimits = {
  connectMs: 10_000,
  firstByteMs: 60_000,
  idleMs: 60_000,
  wholeMs: 600_000,
};

const bytesPerToken = 32;
const textBytesWithoutMaximum = 8 * 1024 * 1024;
/** One token can be a long run of spaces: a tiny maximum still leaves room for some. */
const leastTextBytes = 256;
const maxErrorBodyBytes = 64 * 1024;
const inflaters = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

interface ChatCallOptions {
  request: ChatRequest;
  sink: ChatSink;
  signal: AbortSignal;
  limits: TimeLimits;
  secrets: readonly string[];
  resolve: (result: ChatResult) => void;
  reject: (reason: unknown) => void;
}

/**
 * One call, as undici's dispatcher drives it: connecting → asked → (refused | answering → over).
 * It settles exactly once; whatever settles it early also closes the socket.
 */
export class ChatCall implements Dispatcher.DispatchHandler {
  readonly #options: ChatCallOptions;
  readonly #reader: CompletionReader;
  readonly #abort = () => this.#fail(this.#options.signal.reason);
  readonly #wholeTimer: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  #limit: TimeLimit = 'connect';
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #answering = false;
  #jsonPossible = false;
  #refusal: { status: number; headers: AnswerHeaders; parts: Buffer[]; bytes: number } | undefined;
  #inflate: Transform | undefined;
  #text = '';

  constructor(options: ChatCallOptions) {
    const { request, limits, secrets, sink } = options;
    this.#options = options;
    const textBytes = request.maxTokens
      ? Math.max(leastTextBytes, request.maxTokens * bytesPerToken)
      : textBytesWithoutMaximum;
    const onText = (text: string) => {
      this.#text += text;
      sink.onText(text);
    };
    this.#reader = new CompletionReader(onText, textBytes, secrets);
    this.#wholeTimer = setTimeout(() => this.#timeOut('whole answer'), limits.wholeMs);
    options.signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Right after the dispatch: a call that has no connection yet waits for one. */
  dispatched(): void {
    // undici ends a connection attempt by itself; this is for one that waits in a queue.
    if (!this.#controller && !this.#settled) this.#wait('connect', this.#options.limits.connectMs * 2);
  }

  /** Begins to wait for the next step; a timer that runs as long already is only wound up again. */
  #wait(limit: TimeLimit, milliseconds: number): void {
    this.#limit = limit;
    if (this.#timer && this.#timerMs === milliseconds) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timerMs = milliseconds;
    this.#timer = setTimeout(() => this.#timeOut(this.#limit), milliseconds);
  }

  #timeOut(limit: TimeLimit): void {
    if (this.#settled) this.#controller?.abort(new Error('The answer is over'));
    else this.#fail(this.#refusal ? this.#refused() : timeoutFailure(limit));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) {
      controller.abort(new Error('The call is over'));
      return;
    }
    this.#wait('first byte', this.#options.limits.firstByteMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (this.#settled || status < 200) return;
    this.#wait('idle', this.#options.limits.idleMs);
    this.#inflate = this.#inflater(String(headers['content-encoding'] ?? ''));
    if (this.#settled) return;
    if (status >= 300) {
      this.#refusal = { status, headers, parts: [], bytes: 0 };
      return;
    }
    const type = String(headers['content-type'] ?? '');
    if (type.includes('html')) {
      this.#fail(brokenAnswer('The model provider answered a web page; the base URL may be wrong.'));
      return;
    }
    if (type.includes('json')) this.#reader.expectJson();
    else this.#jsonPossible = !type.includes('event-stream');
    try {
      this.#options.sink.onAccepted();
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // Nothing comes after [DONE]; whoever goes on is cut off, whoever stays silent ends at the idle limit.
    if (this.#settled) controller.abort(new Error('The answer is over'));
    if (this.#settled) return;
    if (this.#inflate) this.#inflate.write(chunk);
    else this.#take(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) clearTimeout(this.#timer);
    else if (this.#inflate) this.#inflate.end();
    else this.#takeEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settled) clearTimeout(this.#timer);
    else this.#fail(this.#refusal ? this.#refused() : failureOfConnection(error));
  }

  #take(chunk: Buffer): void {
    if (this.#settled) return;
    try {
      if (this.#refusal) {
        this.#refusal.parts.push(chunk);
        this.#refusal.bytes += chunk.length;
        if (this.#refusal.bytes > maxErrorBodyBytes) this.#fail(this.#refused());
        return;
      }
      if (!this.#answering) {
        this.#answering = true;
        if (this.#jsonPossible && /^[\uFEFF\s]*[{[]/.test(chunk.toString('utf8', 0, 64))) this.#reader.expectJson();
      }
      if (this.#reader.push(chunk)) this.#timer?.refresh();
      if (this.#reader.done) this.#succeed();
    } catch (error) {
      this.#fail(error instanceof RangeError ? brokenAnswer(`${error.message}.`) : error);
    }
  }

  #takeEnd(): void {
    if (this.#settled) return;
    if (this.#refusal) {
      this.#fail(this.#refused());
      return;
    }
    try {
      this.#reader.end();
      this.#succeed();
      clearTimeout(this.#timer);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Encodings are never asked for, yet some proxies use them anyway. */
  #inflater(encoding: string): Transform | undefined {
    if (encoding === '' || encoding === 'identity') return undefined;
    const stream = inflaters.get(encoding.toLowerCase())?.();
    if (!stream) {
      this.#fail(brokenAnswer('The model provider answered in an unknown encoding.'));
      return undefined;
    }
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.#takeEnd());
    stream.on('error', () => this.#fail(brokenAnswer('The compressed answer of the model provider is broken.')));
    return stream;
  }

  #refused(): unknown {
    const { status, headers, parts } = this.#refusal ?? { status: 500, headers: {}, parts: [] };
    return failureOfStatus(status, headers, Buffer.concat(parts).toString('utf8'), this.#options.secrets);
  }

  #succeed(): void {
    if (!this.#settle()) return;
    const { request } = this.#options;
    this.#options.resolve({
      finishReason: this.#reader.finishReason ?? 'stop',
      usage: this.#reader.usage ?? estimateUsage(request.messages, this.#text),
      model: this.#reader.model || request.model,
    });
  }

  #fail(reason: unknown): void {
    if (!this.#settle()) return;
    clearTimeout(this.#timer);
    this.#controller?.abort(new Error('The call is over'));
    this.#options.reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#wholeTimer);
    this.#inflate?.destroy();
    this.#options.signal.removeEventListener('abort', this.#abort);
    return true;
  }
}
