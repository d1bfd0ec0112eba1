import type { Reservation } from '../spend/reservation.ts';
import { EventStreamParser } from '../upstream/event-stream.ts';
import { brokenAnswer, failureOfStatus, readError } from '../upstream/provider-failure.ts';
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
  onAccepted?: (by: { priceList: string }) => void;
}

const LARGEST_BODY = 64 * 1024 * 1024;

/**
 * Asks the providers that serve a model, one after the other, until one answers; what they say is handed on
 * as parsed JSON. Once something came there is no other try. The reservation is the ticket.
 */
export async function askForOwn(parts: GatewayParts, _reservation: Reservation, call: OwnCall): Promise<void> {
  let begun = false;
  const once: OwnCall = {
    ...call,
    onData: (data) => {
      begun = true;
      call.onData(data);
    },
  };
  const { model, signal } = call;
  const targets = await parts.findTargets(call.endpoint, model);
  await parts.upstream.askInTurn(targets, (target) => attempt(target, once), {
    model,
    signal,
    untouched: () => !begun,
  });
}

async function attempt(target: Target, call: OwnCall): Promise<void> {
  const { limits, secrets } = target.transport;
  call.signal.throwIfAborted();
  const refusal = await new Promise<Refusal | undefined>((resolve, reject) => {
    const sink = new JsonSink(call, target);
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
  readonly #target: Target;
  readonly #events = new EventStreamParser((data, name) => this.#take(data, name));
  #streams = false;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(call: OwnCall, target: Target) {
    this.#call = call;
    this.#target = target;
  }

  onAccepted(headers: Record<string, string | string[] | undefined>): void {
    const type = String(headers['content-type']);
    if (type.includes('html')) throw brokenAnswer('The model provider answered a web page; the base URL may be wrong.');
    this.#streams = type.includes('event-stream');
    this.#call.onAccepted?.(this.#target);
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
      const message = redact(readError(text).message, this.#target.transport.secrets);
      throw brokenAnswer(`The model provider broke its answer off${message === '' ? '.' : `: ${message}`}`);
    }
    this.#call.onData(value);
  }
}
