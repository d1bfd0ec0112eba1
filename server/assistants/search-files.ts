import { setImmediate as nextRound } from 'node:timers/promises';
import { foldText, piecesOf } from '../search/grams.ts';
import { readChunks, type ChunkRow } from './chunks.store.ts';
import { embed, fromBytes, type Asker } from './embed.ts';
import type { AssistantParts } from './parts.ts';

export interface FoundPassage {
  fileId: string;
  fileName: string;
  attributes: Record<string, string | number | boolean>;
  score: number;
  text: string;
}

export interface FileSearch {
  storeIds: string[];
  queries: string[];
  limit: number;
  threshold: number;
  /** Passages of other files are left out. */
  fits?: (attributes: FoundPassage['attributes']) => boolean;
}

interface Query {
  pieces: string[];
  vector: Float32Array | undefined;
}

/**
 * The passages of some stores that are nearest to any of the queries, from 0 to 1: by their vectors where the same
 * model made them, else by the share of the query's pieces (search/grams.ts) that stand in them.
 */
export async function searchFiles(
  parts: AssistantParts,
  asker: Asker,
  search: FileSearch,
  signal: AbortSignal,
): Promise<FoundPassage[]> {
  const { storeIds, queries, limit, threshold, fits = () => true } = search;
  const model = await parts.models.embeddingModel();
  const vectors = model === undefined ? [] : await vectorsOf(parts, asker, model, queries, signal);
  const asked = queries.map((text, index): Query => ({ pieces: piecesOf(foldText(text)), vector: vectors[index] }));
  let best: { row: ChunkRow; score: number }[] = [];
  for await (const rows of readChunks(parts.database.read, { userId: asker.userId, storeIds })) {
    const scored = rows
      .filter((row) => fits(JSON.parse(row.attributes) as FoundPassage['attributes']))
      .map((row) => ({ row, score: scoreOf(row, asked, model) }))
      .filter(({ score }) => score > 0 && score >= threshold);
    best = [...best, ...scored].toSorted((one, other) => other.score - one.score).slice(0, limit);
    // The embedded database answers at once: without a pause a big store would hold everybody up.
    await nextRound();
  }
  return best.map(({ row, score }) => ({
    fileId: row.file_id,
    fileName: (JSON.parse(row.document) as { filename: string }).filename,
    attributes: JSON.parse(row.attributes) as FoundPassage['attributes'],
    score: Math.min(1, score),
    text: row.content,
  }));
}

async function vectorsOf(parts: AssistantParts, asker: Asker, model: string, queries: string[], signal: AbortSignal) {
  try {
    return await embed(parts, asker, model, queries, signal);
  } catch (error) {
    signal.throwIfAborted();
    parts.logger.warn({ err: error }, 'files are searched by their words: the query could not be embedded');
    return [];
  }
}

function scoreOf(row: ChunkRow, queries: Query[], model: string | undefined): number {
  const vector = row.embedding && row.model === model ? fromBytes(row.embedding) : undefined;
  let folded: string | undefined;
  const scores = queries.map((query) => {
    if (vector && query.vector?.length === vector.length) return dot(vector, query.vector);
    folded ??= foldText(row.content);
    const shared = query.pieces.filter((piece) => folded!.includes(piece)).length;
    return query.pieces.length === 0 ? 0 : shared / query.pieces.length;
  });
  return Math.max(0, ...scores);
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += one[index]! * other[index]!;
  return sum;
}
