import { FREE, priceListOf } from '../spend/price-list.ts';
import type { TimeLimits } from './chat-call.ts';
import { createOpenAiProvider, type OpenAiProvider } from './openai.ts';
import type { ExtraProvider } from './providers-file.ts';
import type { CatalogueModel, Provider } from './upstream.ts';

/** A provider that a request can go to. */
export interface Candidate {
  name: string;
  kind: Provider['kind'];
  /** Whose prices its models have. */
  priceList: string;
  provider: Provider;
}

export interface Candidates {
  /** Those that serve this endpoint and model, the best first; never empty. */
  find(endpoint: string, model: string): Promise<Candidate[]>;
  /** All providers, the first one first; the demo model is none where there is another. */
  providers(): Promise<Provider[]>;
  /** Whose prices count before a provider is chosen. */
  priceList: string;
  close(): Promise<void>;
}

export interface CandidatesOptions {
  /** The provider that the settings lead to. */
  first: () => Promise<Provider>;
  /** Where the settings name it. */
  firstBaseUrl: string | undefined;
  extra: ExtraProvider[];
  /** Whether the first provider has a model. */
  offers: (model: string) => Promise<boolean>;
  limits?: Partial<TimeLimits>;
  random?: () => number;
}

interface Extra {
  row: ExtraProvider;
  candidate: Candidate & { provider: OpenAiProvider };
}

/** The models that a file of providers names. */
export function modelsNamed(rows: ExtraProvider[]): CatalogueModel[] {
  return rows.flatMap(({ name, models = [] }) =>
    models.filter((id) => !id.endsWith('*')).map((id) => ({ id, owned_by: name })),
  );
}

/** The provider that the settings lead to, and those of the file beside it. */
export function createCandidates(options: CandidatesOptions): Candidates {
  const { firstBaseUrl, limits, random = Math.random } = options;
  const rows = options.extra.toSorted((one, other) => one.priority - other.priority);
  const extras = Promise.all(
    rows.map(async (row): Promise<Extra> => {
      const provider = await createOpenAiProvider({ baseUrl: row.base_url, apiKey: row.apiKey, limits });
      const candidate = { name: row.name, kind: provider.kind, priceList: pricesOf(row), provider };
      return { row, candidate };
    }),
  );
  const ownPriceList = firstBaseUrl === undefined ? FREE : priceListOf(firstBaseUrl);

  async function first(): Promise<Candidate> {
    const provider = await options.first();
    const { kind } = provider;
    return { name: kind, kind, priceList: kind === 'openai' ? ownPriceList : FREE, provider };
  }

  return {
    find: async (endpoint, model) => {
      const own = await first();
      if (rows.length === 0) return [own];
      const fitting = (await extras).filter(({ row }) => serves(row.endpoints, endpoint) && serves(row.models, model));
      const ranked = fitting.map(({ row, candidate }) => ({
        candidate: candidate as Candidate,
        priority: row.priority,
        turn: random() ** (1 / row.weight),
      }));
      // No help beside them: the demo model, and a first provider without the model that another one names.
      const isElsewhere = fitting.some(({ row }) => row.models !== undefined) && model !== '';
      const helps = own.kind !== 'demo' && (!isElsewhere || (await options.offers(model)));
      if (helps || ranked.length === 0) ranked.push({ candidate: own, priority: 0, turn: random() });
      ranked.sort((one, other) => one.priority - other.priority || other.turn - one.turn);
      return ranked.map(({ candidate }) => candidate);
    },
    providers: async () => {
      const own = await options.first();
      const others = (await extras).map(({ candidate }) => candidate.provider);
      return own.kind === 'demo' && others.length > 0 ? others : [own, ...others];
    },
    priceList: firstBaseUrl === undefined && rows[0] ? pricesOf(rows[0]) : ownPriceList,
    close: async () => {
      for (const { candidate } of await extras) await candidate.provider.close();
    },
  };
}

function pricesOf(row: ExtraProvider): string {
  return row.prices ?? priceListOf(row.base_url);
}

function serves(patterns: string[] | undefined, name: string): boolean {
  if (patterns === undefined || name === '') return true;
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}
