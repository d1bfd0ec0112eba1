import { readModelList } from './model-list.ts';

const ollamaAddress = 'http://127.0.0.1:11434';

/**
 * The base URL of the OpenAI-compatible server at `address`, when one answers there with at least one
 * model within `timeoutMs`. `address` may end in `/v1` or not.
 */
export async function findLocalServer(address = ollamaAddress, timeoutMs = 300): Promise<string | undefined> {
  const base = `${address.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
  try {
    const answer = await fetch(`${base}/models`, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    if (!answer.ok) return undefined;
    return readModelList(await answer.text()).length > 0 ? base : undefined;
  } catch {
    return undefined;
  }
}
