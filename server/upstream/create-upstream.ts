import type { Reservation } from '../spend/reservation.ts';
import { askInTurn, type RetryOptions, type Turns } from './ask-in-turn.ts';
import { createBreakers } from './breakers.ts';
import { createCandidates, modelsNamed, type Candidate, type Candidates } from './candidates.ts';
import { createCatalogue } from './catalogue.ts';
import type { Catalogue } from './catalogue.ts';
import type { TimeLimits } from './chat-call.ts';
import { createDemoProvider } from './demo.ts';
import { createHealth } from './health.ts';
import type { ProviderHealth } from './health.ts';
import { findLocalServer } from './local.ts';
import { createOpenAiProvider } from './openai.ts';
import type { OpenAiProvider } from './openai.ts';
import type { ExtraProvider } from './providers-file.ts';
import type { ChatRequest, ChatResult, ChatSink, Provider } from './upstream.ts';

/** The endpoint that chat, titles and everything else of the app ask. */
const chatEndpoint = 'chat/completions';
const openAiBaseUrl = 'https://api.openai.com/v1';

export interface UpstreamOptions {
  apiKey?: string;
  baseUrl?: string;
  /** More providers, beside the one that the rest of the settings leads to. */
  extra?: ExtraProvider[];
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

/** Whoever waits for an answer. */
export interface AnswerSink extends Pick<ChatSink, 'onText'> {
  /** A provider has taken the request; another one may do so where the first brings no text. */
  onAccepted(by: Pick<Candidate, 'priceList'>): void;
}

export interface Upstream {
  find: Candidates['find'];
  /** Whose prices count before a provider is chosen. */
  priceList: string;
  /** Asks those that were found, one after the other, until one answers. */
  askInTurn<C extends Candidate, T>(candidates: C[], attempt: (candidate: C) => Promise<T>, turns: Turns): Promise<T>;
  /**
   * Asks the model, again after failures that came before any text. The reservation is the ticket:
   * only spend/ makes one, so nothing is asked that quota and ledger do not know of.
   */
  complete(reservation: Reservation, request: ChatRequest, sink: AnswerSink, signal: AbortSignal): Promise<ChatResult>;
  catalogue: Catalogue;
  health(): Promise<ProviderHealth>;
  close(): Promise<void>;
}

/** Everything that answers: the provider configured, else a local server, else the demo model; and those of a file. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { apiKey, baseUrl, extra = [], limits, defaultModel } = options;
  const firstBaseUrl = apiKey || baseUrl ? (baseUrl ?? openAiBaseUrl) : undefined;
  const choice = firstBaseUrl === undefined ? chooseWithoutKey(options) : configured(firstBaseUrl, options);
  const catalogue = createCatalogue({ provider: choice.provider, named: modelsNamed(extra), defaultModel });
  const { offers } = catalogue;
  const candidates = createCandidates({ first: choice.provider, firstBaseUrl, extra, offers, limits });
  const breakers = createBreakers();
  const turn: Upstream['askInTurn'] = (found, attempt, turns) =>
    askInTurn(breakers, found, attempt, turns, options.retry);
  return {
    find: candidates.find,
    priceList: candidates.priceList,
    askInTurn: turn,
    catalogue,
    health: createHealth(candidates.providers),
    close: async () => {
      await candidates.close();
      await choice.close();
    },
    async complete(_reservation, request, sink, signal) {
      let begun = false;
      const onText = (text: string) => {
        begun = true;
        sink.onText(text);
      };
      return turn(
        await candidates.find(chatEndpoint, request.model),
        (candidate) =>
          candidate.provider.chat(request, { onAccepted: () => sink.onAccepted(candidate), onText }, signal),
        { model: request.model, signal, untouched: () => !begun, insists: true },
      );
    },
  };
}

interface Choice {
  provider(): Promise<Provider>;
  close(): Promise<void>;
}

function configured(baseUrl: string, { apiKey, limits }: UpstreamOptions): Choice {
  const provider = createOpenAiProvider({ kind: 'openai', baseUrl, apiKey, limits });
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
