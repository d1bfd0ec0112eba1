import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { readModelList } from './model-list.ts';

const ollamaAddress = 'http://127.0.0.1:11434';

/**
 * The base URL of the OpenAI-compatible server at `address`, when one answers there with at least one
 * model within `timeoutMs`. `address` may end in `/v1` or not.
 */
export async function findLocalServer(address = ollamaAddress, timeoutMs = 300): Promise<string | undefined> {
  const base = `${address.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
  try {
    const answer = await get(`${base}/models`, AbortSignal.timeout(timeoutMs));
    if (answer.statusCode !== 200) return undefined;
    return readModelList(await text(answer)).length > 0 ? base : undefined;
  } catch {
    return undefined;
  }
}

/** Without `fetch`, which costs every start two megabytes: most find nobody here. */
function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  const client = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  return new Promise((resolve, reject) => {
    client.get(url, { signal, agent: false }, resolve).on('error', reject);
  });
}
