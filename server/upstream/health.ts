import { Problem } from '#server/errors.ts';
import type { Provider } from './upstream.ts';

export type ProviderHealth = 'connected' | 'disconnected' | 'demo';

interface HealthOptions {
  /** An answer is kept for so many milliseconds. */
  keepMs?: number;
  timeoutMs?: number;
}

/** Asks the providers for their models, at most once in `keepMs` however many want to know; one that answers is enough. */
export function createHealth(
  providers: () => Promise<Provider[]>,
  options: HealthOptions = {},
): () => Promise<ProviderHealth> {
  const { keepMs = 30_000, timeoutMs = 3000 } = options;
  let checked: { first: Provider; until: number; health: Promise<ProviderHealth> } | undefined;
  return async () => {
    const current = await providers();
    const first = current[0]!;
    if (first.kind === 'demo') return 'demo';
    if (checked?.first !== first || performance.now() >= checked.until) {
      checked = { first, until: performance.now() + keepMs, health: checkAll(current, timeoutMs) };
    }
    return checked.health;
  };
}

async function checkAll(providers: Provider[], timeoutMs: number): Promise<ProviderHealth> {
  const answering = await Promise.all(providers.map((provider) => answers(provider, timeoutMs)));
  return answering.includes(true) ? 'connected' : 'disconnected';
}

async function answers(provider: Provider, timeoutMs: number): Promise<boolean> {
  try {
    await provider.listModels(AbortSignal.timeout(timeoutMs));
    return true;
  } catch (error) {
    // A busy provider is there all the same.
    return error instanceof Problem && error.code === 'provider_busy';
  }
}
