import { brokenAnswer } from './provider-failure.ts';
import type { CatalogueModel } from './upstream.ts';

interface ListedModel {
  id?: unknown;
  owned_by?: unknown;
  created?: unknown;
  context_window?: unknown;
  context_length?: unknown;
  max_model_len?: unknown;
}

/** Reads `{data: [{id, owned_by}]}`; a server without models may answer `data: null`. */
export function readModelList(body: string): CatalogueModel[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw brokenAnswer('The model list of the provider is not JSON.');
  }
  const data = (parsed as { data?: unknown } | null)?.data ?? [];
  if (!Array.isArray(data)) throw brokenAnswer('The model list of the provider is not a list.');
  return data.flatMap((row: ListedModel | null) => {
    if (typeof row?.id !== 'string' || row.id === '') return [];
    const window = [row.context_window, row.context_length, row.max_model_len].find(
      (size): size is number => Number.isSafeInteger(size) && (size as number) > 0,
    );
    const owner = typeof row.owned_by === 'string' ? row.owned_by : '';
    const created = Number.isSafeInteger(row.created) ? { created: row.created as number } : {};
    return [{ id: row.id, owned_by: owner, ...created, ...(window ? { context_window: window } : {}) }];
  });
}
