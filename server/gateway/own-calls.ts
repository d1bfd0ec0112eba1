import { setTimeout as sleep } from 'node:timers/promises';
import type { Reservation } from '../spend/reservation.ts';
import { EventStreamParser } from '../upstream/event-stream.ts';
import { brokenAnswer, failureOfStatus, ProviderFailure, readError } from '../upstream/provider-failure.ts';
import { redact } from '../upstream/redact.ts';
import type { GatewayParts } from './ask.ts';
import { ProviderCall, type CallSink, type Refusal } from './provider-call.ts';
import type { Target } from './targets.ts';

/** A call that the server makes for itself, not for a client that waits for the bytes. */
interface OwnCall {
  endpoint: 'chat/completions' | 'embeddings';
  model: string;
  body: object;
  signal: AbortSignal;
  onData: (data: Record<string, unknown>) => void;
  onAccepted?: () => void;
}

const RETRIES = 2;
const LONGEST_WAIT_S = 2;
const LARGEST_BODY = 64 * 1024 * 1024;

/**
 * Asks the providers that serve a model, one after the other, until one answers; what they say is handed on
 * as parsed JSON. Once something came there is no other try. The reservation is the ticket.
 */
export async function askForOwn(parts: GatewayParts, _reservation: Reservation, call: OwnCall): Promise<void> {
  const { breakers } = parts;
  const targets = breakers.admit(await parts.targets.find(call.endpoint, call.model), call.model);
  // A request counts once against each provider that has failed it, however many tries it had.
  const failed = new Set<Target>();
  let begun = false;
  const once: OwnCall = {
    ...call,
    onData: (data) => {
      begun = true;
      call.onData(data);
    },
  };
  for (let turn = 0; ; turn += 1) {
    const target = targets[turn % targets.length]!;
    try {
      await attempt(target, once);
      failed.delete(target);
      for (const one of failed) breakers.failed(one, call.model);
      breakers.succeeded(target, call.model);
      return;
    } catch (error) {
      if (!(error instanceof ProviderFailure) || call.signal.aborted) throw error;
      // What is wrong with the request is no failure of the provider.
      if (error.code === 'provider_refused') throw error;
      failed.add(target);
      const waitS = error.askedToWaitS ?? 0;
      const other = targets.length > 1 && turn < targets.length - 1;
      const again = other || (error.retryable && waitS <= LONGEST_WAIT_S);
      if (begun || !again || turn >= Math.max(RETRIES, targets.length - 1)) {
        for (const one of failed) breakers.failed(one, call.model);
        throw error;
      }
      if (!other) await sleep(Math.max(waitS * 1_000, 200 + Math.random() * 600), undefined, { signal: call.signal });
    }
  }
}

async function attempt(target: Target, call: OwnCall): Promise<void> {
  const { limits, secrets } = target.transport;
  call.signal.throwIfAborted();
  const refusal = await new Promise<Refusal | undefined>((resolve, reject) => {
    const sink = new JsonSink(call, secrets);
    const request = new ProviderCall({
      limits,
      signal: call.signal,
      sink,
      reject,
      resolve: (refused) => {
        try {
          if (!refused) sink.finish();
          resolve(refused);
        } catch (error) {
          reject(error);
        }
      },
    });
    const headers = ['accept', '*/*', 'content-type', 'application/json'];
    const body = Buffer.from(JSON.stringify(call.body));
    target.transport.send({ method: 'POST', path: call.endpoint, headers, body }, request);
  });
  if (refusal) throw failureOfStatus(refusal.status, refusal.headers, refusal.body.toString('utf8'), secrets);
}

/** Reads an answer, as events or as one body, and refuses one that ends too early or says that it failed. */
class JsonSink implements CallSink {
  over = false;
  readonly #call: OwnCall;
  readonly #secrets: readonly string[];
  readonly #events = new EventStreamParser((data, name) => this.#take(data, name));
  #streams = false;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(call: OwnCall, secrets: readonly string[]) {
    this.#call = call;
    this.#secrets = secrets;
  }

  onAccepted(headers: Record<string, string | string[] | undefined>): void {
    const type = String(headers['content-type']);
    if (type.includes('html')) throw brokenAnswer('The model provider answered a web page; the base URL may be wrong.');
    this.#streams = type.includes('event-stream');
    this.#call.onAccepted?.();
  }

  onData(chunk: Buffer): boolean {
    if (this.#streams) return this.#events.push(chunk);
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > LARGEST_BODY) throw brokenAnswer('The answer of the model provider is too large.');
    return true;
  }

  finish(): void {
    if (!this.#streams) {
      this.#hand(Buffer.concat(this.#parts).toString('utf8'));
      return;
    }
    this.#events.end();
    if (!this.over) throw brokenAnswer('The answer of the model provider ended too early.');
  }

  #take(data: string, name: string): void {
    if (data === '' || this.over) return;
    if (data.trim() === '[DONE]') this.over = true;
    else this.#hand(data, name);
  }

  #hand(text: string, name = ''): void {
    let value: Record<string, unknown> | null;
    try {
      value = JSON.parse(text) as Record<string, unknown> | null;
    } catch {
      throw brokenAnswer('The model provider answered something that is not JSON.');
    }
    if (typeof value !== 'object' || value === null) throw brokenAnswer('The model provider gave no answer.');
    if (name === 'error' || value.error) {
      const message = redact(readError(text).message, this.#secrets);
      throw brokenAnswer(`The model provider broke its answer off${message === '' ? '.' : `: ${message}`}`);
    }
    this.#call.onData(value);
  }
}
