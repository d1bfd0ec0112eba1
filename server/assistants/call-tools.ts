import type { AssistantParts } from './parts.ts';
import type { ToolDraft } from './run-answer.ts';
import type { RunDocument } from './run-document.ts';
import type { KeptToolCall } from './run-state.store.ts';
import type { RunRow } from './runs.store.ts';
import { searchFiles } from './search-files.ts';
import { changeVectorStore, findVectorStore, isExpired } from './vector-stores.store.ts';
import { FILE_SEARCH, readQueries, type SearchResult } from './search-tool.ts';

/** Passages that a search gives where nobody says how many. */
const USUAL_RESULTS = 20;

export interface ToolCalls {
  parts: AssistantParts;
  run: RunRow;
  document: RunDocument;
  /** Passages that the run has found before: marks go on counting behind them. */
  found: number;
  signal: AbortSignal;
}

/** What a model wants called: searches are done here, functions are for the client. */
export async function callTools(
  drafts: ToolDraft[],
  around: ToolCalls,
): Promise<{ calls: KeptToolCall[]; results: SearchResult[] }> {
  const results: SearchResult[] = [];
  const calls: KeptToolCall[] = [];
  for (const { id, name, arguments: args } of drafts) {
    if (name === FILE_SEARCH) {
      const search = await runSearch(args, { ...around, found: around.found + results.length });
      results.push(...search.results);
      calls.push({ id, type: 'file_search', file_search: search });
    } else {
      calls.push({ id, type: 'function', function: { name, arguments: args, output: null } });
    }
  }
  return { calls, results };
}

async function runSearch(args: string, { parts, run, document, found, signal }: ToolCalls) {
  const tool = document.tools.find(({ type }) => type === 'file_search');
  const options = (tool?.type === 'file_search' && tool.file_search) || {};
  const ranking = { ranker: 'auto', score_threshold: 0, ...options.ranking_options };
  const queries = readQueries(args);
  const asker = { userId: run.user_id, keyId: run.key_id, assistantId: run.assistant_id };
  const passages = await searchFiles(
    parts,
    asker,
    {
      storeIds: await useStores(parts, run.user_id, document.tool_resources.file_search?.vector_store_ids ?? []),
      queries,
      limit: options.max_num_results ?? USUAL_RESULTS,
      threshold: ranking.score_threshold,
    },
    signal,
  );
  const results = passages.map((passage, index): SearchResult => ({
    file_id: passage.fileId,
    file_name: passage.fileName,
    score: passage.score,
    content: [{ type: 'text', text: passage.text }],
    mark: `【${found + index}†${passage.fileName}】`,
  }));
  return { ranking_options: ranking, queries, results };
}

/** The stores that have not expired; those live on from now. */
async function useStores({ database, clock }: AssistantParts, userId: number, ids: string[]): Promise<string[]> {
  const usable: string[] = [];
  for (const id of ids) {
    const store = await findVectorStore(database.read, { id, userId });
    if (!store || isExpired(store, clock())) continue;
    await database.write(changeVectorStore, { id, userId, now: clock() });
    usable.push(id);
  }
  return usable;
}
