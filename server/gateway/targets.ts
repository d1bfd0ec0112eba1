import { FREE, priceListOf } from '../spend/price-list.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import { createOpenAiProvider, type OpenAiProvider } from '../upstream/openai.ts';
import type { ExtraProvider } from '../upstream/providers-file.ts';
import type { Transport } from '../upstream/transport.ts';
import type { CatalogueModel, Provider } from '../upstream/upstream.ts';
import { completionsOverChat } from './completions-transport.ts';
import { imagesOfToday } from './images-transport.ts';

/** One provider that a call can go to. */
export interface Target {
  name: string;
  kind: Provider['kind'];
  /** Whose prices its models have. */
  priceList: string;
  transport: Transport;
}

export interface Targets {
  /** Those that serve this endpoint and model, the best first; never empty. */
  find(endpoint: string, model: string): Promise<Target[]>;
  /** Models that the other providers name. */
  extraModels(): CatalogueModel[];
  close(): Promise<void>;
}

export interface TargetsOptions {
  upstream: Pick<Upstream, 'provider'>;
  demo: Transport;
  priceList: string;
  extra: ExtraProvider[];
  random?: () => number;
}

interface Extra {
  row: ExtraProvider;
  provider: OpenAiProvider;
  target: Target;
}

/** The provider that the settings lead to, and those of the file beside it. */
export function createTargets(options: TargetsOptions): Targets {
  const { upstream, demo, priceList, random = Math.random } = options;
  const served = new WeakMap<Transport, Transport>();
  /** The same transport, which also serves what its provider has ended. */
  const serve = (transport: Transport) => {
    const known = served.get(transport) ?? imagesOfToday(completionsOverChat(transport));
    served.set(transport, known);
    return known;
  };
  const extras = Promise.all(
    options.extra.map(async (row): Promise<Extra> => {
      const provider = await createOpenAiProvider({ baseUrl: row.base_url, apiKey: row.apiKey });
      const target = { name: row.name, kind: 'openai' as const, priceList: priceListOf(row.base_url) };
      return { row, provider, target: { ...target, transport: serve(provider.transport!) } };
    }),
  );

  async function first(): Promise<Target> {
    const { kind, transport } = await upstream.provider();
    if (!transport) return { name: 'demo', kind: 'demo', priceList: FREE, transport: serve(demo) };
    return { name: kind, kind, priceList: kind === 'local' ? FREE : priceList, transport: serve(transport) };
  }

  return {
    find: async (endpoint, model) => {
      const [own, extra] = await Promise.all([first(), extras]);
      if (extra.length === 0) return [own];
      const fitting = extra.filter(({ row }) => serves(row.endpoints, endpoint) && serves(row.models, model));
      const ranked = fitting.map(({ row, target }) => ({
        target,
        priority: row.priority,
        turn: random() ** (1 / row.weight),
      }));
      // The demo model is no help where a real provider serves the same.
      if (own.kind !== 'demo' || ranked.length === 0) ranked.push({ target: own, priority: 0, turn: random() });
      ranked.sort((one, other) => one.priority - other.priority || other.turn - one.turn);
      return ranked.map(({ target }) => target);
    },
    extraModels: () =>
      options.extra.flatMap(({ name, models = [] }) =>
        models.filter((id) => !id.endsWith('*')).map((id) => ({ id, owned_by: name })),
      ),
    close: async () => {
      for (const { provider } of await extras) await provider.close();
    },
  };
}

function serves(patterns: string[] | undefined, name: string): boolean {
  if (patterns === undefined || name === '') return true;
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}
