import type { Candidate } from '../upstream/candidates.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import type { Transport } from '../upstream/transport.ts';
import type { Provider } from '../upstream/upstream.ts';
import { completionsOverChat } from './completions-transport.ts';
import { createDemoTransport } from './demo-transport.ts';
import { imagesOfToday } from './images-transport.ts';

/** A provider that a call below /v1 can go to. */
export interface Target extends Candidate {
  transport: Transport;
}

/** Those that serve this endpoint and model, the best first; never empty. */
export type FindTargets = (endpoint: string, model: string) => Promise<Target[]>;

/** Finds what the app itself would ask, with what its provider has ended served again. */
export function createFindTargets({ find }: Pick<Upstream, 'find'>): FindTargets {
  const served = new WeakMap<Provider, Transport>();
  const serve = (provider: Provider) => {
    const known = served.get(provider);
    if (known) return known;
    const transport = imagesOfToday(completionsOverChat(provider.transport ?? createDemoTransport(provider)));
    served.set(provider, transport);
    return transport;
  };
  return async (endpoint, model) =>
    (await find(endpoint, model)).map((candidate) => ({ ...candidate, transport: serve(candidate.provider) }));
}
