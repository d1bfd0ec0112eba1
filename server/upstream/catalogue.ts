import { isChatModel, knownContextWindow, preferredModels } from './preferred-models.ts';
import type { CatalogueModel, Provider } from './upstream.ts';

export interface Catalogue {
  /** Every model of the provider, a minute old at most, older while it does not answer; and those of the file. */
  list(): Promise<CatalogueModel[]>;
  /** Whether the provider has a model: it lists it, or does not say what it has. */
  offers(model: string): Promise<boolean>;
  /** The model that is used when a request names none. */
  defaultModel(): Promise<string>;
  /** The model to ask for; one that is not listed is passed on as it is. */
  resolve(asked?: string): Promise<string>;
  /** Tokens, where known. */
  contextWindow(model: string): Promise<number | undefined>;
}

export interface CatalogueOptions {
  provider: () => Promise<Provider>;
  /** Models that other providers have. */
  named?: CatalogueModel[];
  defaultModel?: string;
  freshMs?: number;
  now?: () => number;
}

interface Listing {
  provider: Provider;
  models: CatalogueModel[];
  /** When it is asked for again. */
  staleAt: number;
}

const listTimeoutMs = 10_000;
/** A provider that failed to list its models is left alone that long. */
const afterFailureMs = 5000;

export function createCatalogue(options: CatalogueOptions): Catalogue {
  const { named = [], freshMs = 60_000, now = () => performance.now() } = options;
  const more = named.map(withContextWindow);
  let listing: Listing | undefined;
  let loading: { provider: Provider; models: Promise<CatalogueModel[]> } | undefined;

  async function load(provider: Provider): Promise<CatalogueModel[]> {
    try {
      const models = (await provider.listModels(AbortSignal.timeout(listTimeoutMs))).map(withContextWindow);
      listing = { provider, models, staleAt: now() + freshMs };
      return models;
    } catch (error) {
      if (listing?.provider === provider) listing.staleAt = now() + Math.min(afterFailureMs, freshMs);
      throw error;
    } finally {
      loading = undefined;
    }
  }

  function loadOnce(provider: Provider): Promise<CatalogueModel[]> {
    if (loading?.provider !== provider) loading = { provider, models: load(provider) };
    return loading.models;
  }

  async function list(): Promise<CatalogueModel[]> {
    const provider = await options.provider();
    if (more.length === 0) return listOf(provider);
    // The demo model stands aside for real ones.
    const own = provider.kind === 'demo' ? [] : await listOf(provider).catch(() => []);
    const ids = new Set(own.map(({ id }) => id));
    return [...own, ...more.filter(({ id }) => !ids.has(id))];
  }

  async function listOf(provider: Provider): Promise<CatalogueModel[]> {
    if (listing?.provider !== provider) return loadOnce(provider);
    // The stale list serves until the new one is there; a failure is tried again later.
    if (now() >= listing.staleAt) loadOnce(provider).catch(() => undefined);
    return listing.models;
  }

  async function defaultModel(): Promise<string> {
    const { kind } = await options.provider();
    if (options.defaultModel && (kind !== 'demo' || more.length > 0)) return options.defaultModel;
    // Without a list the question itself is sent, so that its own error reaches the asker.
    const ids = (await list().catch(() => [])).map((model) => model.id);
    const offered = preferredModels.find((model) => ids.includes(model.id))?.id;
    return offered ?? ids.find(isChatModel) ?? ids[0] ?? preferredModels[0].id;
  }

  return {
    list,
    offers: async (model) => {
      const listed = await listOf(await options.provider()).catch(() => []);
      return listed.length === 0 || listed.some(({ id }) => id === model);
    },
    defaultModel,
    resolve: async (asked) => asked || defaultModel(),
    contextWindow: async (model) => {
      const known = knownContextWindow(model);
      const listed = list().catch(() => []);
      // Nobody waits for the first list where the model is known without it.
      if (!listing && known !== undefined) return known;
      return (await listed).find((row) => row.id === model)?.context_window ?? known;
    },
  };
}

function withContextWindow(model: CatalogueModel): CatalogueModel {
  const known = model.context_window ?? knownContextWindow(model.id);
  return known === undefined ? model : { ...model, context_window: known };
}
