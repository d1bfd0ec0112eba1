import type { Reservation } from '../spend/reservation.ts';
import { createCatalogue } from './catalogue.ts';
import type { Catalogue } from './catalogue.ts';
import type { TimeLimits } from './chat-call.ts';
import { createDemoProvider } from './demo.ts';
import { createHealth } from './health.ts';
import type { ProviderHealth } from './health.ts';
import { findLocalServer } from './local.ts';
import { createOpenAiProvider } from './openai.ts';
import type { OpenAiProvider } from './openai.ts';
import { retrying } from './retry.ts';
import type { RetryOptions } from './retry.ts';
import type { ChatRequest, ChatResult, ChatSink, Provider } from './upstream.ts';

export const openAiBaseUrl = 'https://api.openai.com/v1';

export interface UpstreamOptions {
  apiKey?: string;
  baseUrl?: string;
  /** Used with neither key nor base URL: a search at Ollama's address, none, or one at this address. */
  localProvider?: string;
  defaultModel?: string;
  limits?: Partial<TimeLimits>;
  retry?: RetryOptions;
  /** Milliseconds between two words of the demo model. */
  demoPaceMs?: number;
  localTimeoutMs?: number;
  /** Milliseconds between two searches for a local server. */
  localSearchMs?: number;
}

export interface Upstream {
  provider(): Promise<Provider>;
  /**
   * Asks the model, again after failures that came before any text. The reservation is the ticket:
   * only spend/ makes one, so nothing is asked that quota and ledger do not know of.
   */
  complete(reservation: Reservation, request: ChatRequest, sink: ChatSink, signal: AbortSignal): Promise<ChatResult>;
  catalogue: Catalogue;
  health(): Promise<ProviderHealth>;
  close(): Promise<void>;
}

/** The provider that the settings lead to: the one configured, else a local server, else the demo model. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const choice = chooseProvider(options);
  const catalogue = createCatalogue({ provider: choice.provider, defaultModel: options.defaultModel });
  return {
    provider: choice.provider,
    catalogue,
    health: createHealth(choice.provider),
    close: choice.close,
    async complete(_reservation, request, sink, signal) {
      const provider = await choice.provider();
      let accepted = false;
      let begun = false;
      const once: ChatSink = {
        onAccepted() {
          if (accepted) return;
          accepted = true;
          sink.onAccepted();
        },
        onText(text) {
          begun = true;
          sink.onText(text);
        },
      };
      return retrying(
        () => provider.chat(request, once, signal),
        () => !begun,
        signal,
        options.retry,
      );
    },
  };
}

interface Choice {
  provider(): Promise<Provider>;
  close(): Promise<void>;
}

function chooseProvider(options: UpstreamOptions): Choice {
  const { apiKey, baseUrl, limits } = options;
  if (!apiKey && !baseUrl) return chooseWithoutKey(options);
  const provider = createOpenAiProvider({ kind: 'openai', baseUrl: baseUrl ?? openAiBaseUrl, apiKey, limits });
  return { provider: () => provider, close: async () => (await provider).close() };
}

/** Looks for a local server at once and, while there is none, again when somebody asks. */
function chooseWithoutKey(options: UpstreamOptions): Choice {
  const { localProvider = 'auto', localTimeoutMs = 300, localSearchMs = 60_000 } = options;
  const demo = createDemoProvider({ paceMs: options.demoPaceMs });
  if (localProvider === 'off') return { provider: () => Promise.resolve(demo), close: () => Promise.resolve() };
  const address = localProvider === 'auto' ? undefined : localProvider;
  let local: OpenAiProvider | undefined;
  let searchedAt = 0;
  let closed = false;

  async function search(): Promise<void> {
    searchedAt = performance.now();
    const baseUrl = await findLocalServer(address, localTimeoutMs);
    if (baseUrl && !closed) local ??= await createOpenAiProvider({ kind: 'local', baseUrl, limits: options.limits });
  }
  const firstSearch = search();

  return {
    async provider() {
      await firstSearch;
      if (!local && performance.now() - searchedAt >= localSearchMs) void search();
      return local ?? demo;
    },
    async close() {
      closed = true;
      await local?.close();
    },
  };
}
