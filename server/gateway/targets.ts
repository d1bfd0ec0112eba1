import { FREE } from '../spend/price-list.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import type { Provider } from '../upstream/upstream.ts';
import type { Transport } from '../upstream/transport.ts';
import { completionsOverChat } from './completions-transport.ts';

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
}

/** The provider that the settings lead to. */
export function createTargets(upstream: Pick<Upstream, 'provider'>, demo: Transport, priceList: string): Targets {
  const served = new WeakMap<Transport, Transport>();
  /** The same transport, which also serves what its provider has ended. */
  const serve = (transport: Transport) => {
    const known = served.get(transport) ?? completionsOverChat(transport);
    served.set(transport, known);
    return known;
  };
  return {
    find: async () => {
      const provider = await upstream.provider();
      const { kind, transport } = provider;
      if (!transport) return [{ name: 'demo', kind: 'demo', priceList: FREE, transport: serve(demo) }];
      return [{ name: kind, kind, priceList: kind === 'local' ? FREE : priceList, transport: serve(transport) }];
    },
  };
}
