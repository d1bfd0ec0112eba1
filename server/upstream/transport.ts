import type { Dispatcher } from 'undici';
import type { Readable } from 'node:stream';
import type { TimeLimits } from './chat-call.ts';

/** Takes the id of a request in our log to the provider's (OpenAI's API reference, «Debugging requests»). */
export const TRACE_HEADER = 'x-client-request-id';

/** A request as the gateway hands it on. */
export interface ProviderRequest {
  method: string;
  /** Below the base URL, with its query: `chat/completions`. */
  path: string;
  /** Names and values in turn; credentials are added by the transport. */
  headers: string[];
  body: Buffer | Readable | null;
}

/** Carries requests to one provider and nowhere else: neither their path nor their headers choose the host. */
export interface Transport {
  readonly limits: TimeLimits;
  /** What must not be quoted to anybody. */
  readonly secrets: readonly string[];
  /** `ws://…` or `wss://…` below the base URL, with the headers to ask it with. */
  socketAddress(path: string): { url: string; headers: Record<string, string> };
  send(request: ProviderRequest, handler: Dispatcher.DispatchHandler): void;
}
