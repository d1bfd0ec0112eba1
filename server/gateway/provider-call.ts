import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { Problem } from '../errors.ts';
import type { TimeLimits } from '../upstream/chat-call.ts';
import { brokenAnswer, failureOfConnection, timeoutFailure } from '../upstream/provider-failure.ts';
import type { AnswerHeaders, TimeLimit } from '../upstream/provider-failure.ts';

/** The answer of a provider that did not take the request. */
export interface Refusal {
  status: number;
  headers: AnswerHeaders;
  body: Buffer;
}

export interface CallSink {
  /** The provider has taken the request. */
  onAccepted(headers: AnswerHeaders, status: number): void;
  /** Takes bytes of the answer; true when they brought something whole. May throw to break the call off. */
  onData(chunk: Buffer): boolean;
  /** The answer is whole: the call ends without waiting for the connection. */
  readonly over: boolean;
}

export interface CallOptions {
  limits: TimeLimits;
  signal: AbortSignal;
  sink: CallSink;
  resolve: (refusal: Refusal | undefined) => void;
  reject: (reason: unknown) => void;
}

const maxErrorBodyBytes = 64 * 1024;
/** How long a connection may stay open behind the end of an answer. */
const lingerMs = 1_000;
const inflaters = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * One call to a provider, its answer handed on as bytes: connecting → asked → (refused | answering) → over.
 * It settles exactly once, and whatever settles it early closes the socket.
 */
export class ProviderCall implements Dispatcher.DispatchHandler {
  readonly #options: CallOptions;
  readonly #abort = () => this.#fail(this.#options.signal.reason);
  readonly #wholeTimer: NodeJS.Timeout;
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #inflate: Transform | undefined;
  #refusal: { status: number; headers: AnswerHeaders; parts: Buffer[]; bytes: number } | undefined;
  #settled = false;
  #paused = false;
  /** The request is on its way to the provider. */
  sent = false;

  constructor(options: CallOptions) {
    const { limits, signal } = options;
    this.#options = options;
    this.#timer = this.#limit('connect', limits.connectMs + limits.firstByteMs);
    this.#wholeTimer = this.#limit('whole answer', limits.wholeMs);
    signal.addEventListener('abort', this.#abort, { once: true });
    if (signal.aborted) this.#abort();
  }

  #limit(limit: TimeLimit, milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      // While the reader is the slow one, the provider is not to blame.
      if (limit === 'idle' && this.#paused) this.#timer.refresh();
      else this.#fail(timeoutFailure(limit));
    }, milliseconds);
  }

  pause(): void {
    this.#paused = true;
    this.#controller?.pause();
    this.#inflate?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#timer.refresh();
    this.#inflate?.resume();
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) return controller.abort(new Error('The call is over'));
    this.sent = true;
    clearTimeout(this.#timer);
    this.#timer = this.#limit('first byte', this.#options.limits.firstByteMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (this.#settled || status < 200) return;
    clearTimeout(this.#timer);
    this.#timer = this.#limit('idle', this.#options.limits.idleMs);
    this.#inflate = this.#inflater(String(headers['content-encoding'] ?? ''));
    if (this.#settled) return;
    if (status >= 300) this.#refusal = { status, headers, parts: [], bytes: 0 };
    else this.#guard(() => this.#options.sink.onAccepted(headers, status));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    if (this.#inflate) this.#inflate.write(chunk);
    else this.#take(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) clearTimeout(this.#timer);
    else if (this.#inflate) this.#inflate.end();
    else {
      this.#succeed();
      clearTimeout(this.#timer);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settled) clearTimeout(this.#timer);
    else if (this.#refusal) this.#succeed();
    else this.#fail(error instanceof Problem ? error : failureOfConnection(error));
  }

  #take(chunk: Buffer): void {
    if (this.#settled) return;
    const refusal = this.#refusal;
    if (refusal) {
      refusal.parts.push(chunk);
      refusal.bytes += chunk.length;
      if (refusal.bytes > maxErrorBodyBytes) this.#succeed();
      return;
    }
    this.#guard(() => {
      const { sink } = this.#options;
      if (sink.onData(chunk)) this.#timer.refresh();
      if (sink.over) this.#succeed();
    });
  }

  #guard(act: () => void): void {
    try {
      act();
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
    stream.on('end', () => this.#succeed());
    stream.on('error', () => this.#fail(brokenAnswer('The compressed answer of the model provider is broken.')));
    return stream;
  }

  #succeed(): void {
    if (!this.#settle()) return;
    this.#timer = setTimeout(() => this.#controller?.abort(new Error('The answer is over')), lingerMs);
    this.#timer.unref();
    const refusal = this.#refusal;
    const { resolve } = this.#options;
    resolve(refusal && { status: refusal.status, headers: refusal.headers, body: Buffer.concat(refusal.parts) });
  }

  #fail(reason: unknown): void {
    if (!this.#settle()) return;
    this.#inflate?.destroy();
    this.#controller?.abort(new Error('The call is over'));
    this.#options.reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#wholeTimer);
    this.#options.signal.removeEventListener('abort', this.#abort);
    return true;
  }
}
