/** What every kind of model provider looks like to the rest of the house. */
import type { Transport } from './transport.ts';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatRequest {
  /** A model id of the catalogue (`Catalogue.resolve` has chosen it). */
  model: string;
  messages: ChatMessage[];
  /** 0–2; left out where the model takes none. */
  temperature?: number;
  /** Tokens; sent as `max_completion_tokens` to reasoning models. */
  maxTokens?: number;
  /** The request that it is asked for, as our log and the provider's know it. */
  traceId?: string;
}

/** Tokens as the provider counted them (or an estimate, where it did not say). */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  /** Part of `promptTokens` that the provider served from its cache. */
  cachedTokens: number;
  estimated: boolean;
}

export type FinishReason = 'stop' | 'length' | 'content_filter';

export interface ChatSink {
  /** The provider has taken the request (its 2xx headers are here). */
  onAccepted(): void;
  /** Visible text, never empty, never splitting a surrogate pair. */
  onText(text: string): void;
}

export interface ChatResult {
  finishReason: FinishReason;
  usage: Usage;
  /** The model that answered, as the provider names it. */
  model: string;
}

export interface CatalogueModel {
  id: string;
  owned_by: string;
  /** Unix time in seconds, where its provider names it. */
  created?: number;
  context_window?: number;
}

/**
 * One provider. `chat` resolves at a clean end; it throws a `Problem` with a `provider_…` code
 * when the provider fails (also in mid-stream, after some `onText`), and an `AbortError`
 * (`signal.reason`) when `signal` aborts.
 */
export interface Provider {
  readonly kind: 'openai' | 'local' | 'demo';
  listModels(signal: AbortSignal): Promise<CatalogueModel[]>;
  chat(request: ChatRequest, sink: ChatSink, signal: AbortSignal): Promise<ChatResult>;
  /** Carries any other request to it; none where the provider is no server. */
  readonly transport?: Transport;
}
