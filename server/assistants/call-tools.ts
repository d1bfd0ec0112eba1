import type { AssistantParts } from './parts.ts';
import type { ToolDraft } from './run-answer.ts';
import type { RunDocument } from './run-document.ts';
import type { KeptToolCall } from './run-state.store.ts';
import type { RunRow } from './runs.store.ts';
import { FILE_SEARCH, type SearchResult } from './search-tool.ts';

/** What a model wants called: searches are done here, functions are for the client. */
export async function callTools(
  _parts: AssistantParts,
  _run: RunRow,
  _document: RunDocument,
  drafts: ToolDraft[],
): Promise<{ calls: KeptToolCall[]; results: SearchResult[] }> {
  const calls = drafts.map((draft): KeptToolCall => {
    if (draft.name === FILE_SEARCH)
      return { id: draft.id, type: 'file_search', file_search: { queries: [], results: [] } };
    return { id: draft.id, type: 'function', function: { name: draft.name, arguments: draft.arguments, output: null } };
  });
  return { calls, results: [] };
}
