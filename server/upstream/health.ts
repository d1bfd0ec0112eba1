import { Problem } from '#server/errors.ts';
import type { Provider } from './upstream.ts';

export type ProviderHealth = 'connected' | 'disconnected' | 'demo';

interface HealthOptions {
  /** An answer is kept for so many milliseconds. */
  keepMs?: number;
  timeoutMs?: number;
}

/** Asks the provider for its models, at most once in `keepMs` however many want to know. */
export function createHealth(
  provider: () => Promise<Provider>,
  options: HealthOptions = {},
): () => Promise<ProviderHealth> {
  const { keepMs = 30_000, timeoutMs = 3000 } = options;
  let checked: { provider: Provider; until: number; health: Promise<ProviderHealth> } | undefined;
  return async () => {
    const current = await provider();
    if (current.kind === 'demo') return 'demo';
    if (checked?.provider !== current || performance.now() >= checked.until) {
      checked = { provider: current, until: performance.now() + keepMs, health: check(current, timeoutMs) };
    }
    return checked.health;
  };
}

async function check(provider: Provider, timeoutMs: number): Promise<ProviderHealth> {
  try {
    await provider.listModels(AbortSignal.timeout(timeoutMs));
    return 'connected';
  } catch (error) {
    // A busy provider is there all the same.
    return error instanceof Problem && error.code === 'provider_busy' ? 'connected' : 'disconnected';
  }
}
