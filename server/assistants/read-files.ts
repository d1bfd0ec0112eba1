import { chunkText, type Chunking } from './chunk-text.ts';
import { failFile, keepChunks, type NewChunk } from './chunks.store.ts';
import { embed, toBytes, type Asker } from './embed.ts';
import { extractText, UnreadableFile } from './extract-text.ts';
import { readFileContent } from './files.store.ts';
import type { AssistantParts } from './parts.ts';
import type { VectorFileRow } from './vector-stores.store.ts';

/** Reads files into their store, one after the other; how it went stands with each of them. Never rejects. */
export async function readFiles(parts: AssistantParts, userId: number, files: VectorFileRow[]): Promise<void> {
  const abort = new AbortController();
  parts.running.add(abort);
  try {
    for (const file of files) await readFile(parts, userId, file, abort.signal);
  } finally {
    parts.running.remove(abort);
  }
}

async function readFile(
  parts: AssistantParts,
  userId: number,
  file: VectorFileRow,
  signal: AbortSignal,
): Promise<void> {
  const { database, logger } = parts;
  try {
    signal.throwIfAborted();
    const content = await readFileContent(database.read, file.file_id);
    if (!content) throw new UnreadableFile('invalid_file', 'The file has been deleted.');
    const texts = chunkText(await extractText(content), JSON.parse(file.chunking) as Chunking);
    const asker = { userId, keyId: file.key_id, assistantId: null };
    const chunks = await withVectors(parts, asker, texts, signal);
    await database.write(keepChunks, { fileRow: file.id, chunks });
  } catch (error) {
    const known = error instanceof UnreadableFile;
    if (!known) logger.error({ err: error, file: file.file_id }, 'a file could not be read into its store');
    const message = known ? error.message : 'The file could not be read.';
    const failure = { code: known ? error.code : ('server_error' as const), message };
    await database.write(failFile, { fileRow: file.id, error: failure }).catch(() => undefined);
  }
}

/** Passages with their vectors; without a model that embeds, or while it fails, they are searched by their words. */
async function withVectors(
  parts: AssistantParts,
  asker: Asker,
  texts: string[],
  signal: AbortSignal,
): Promise<NewChunk[]> {
  const plain = texts.map((content): NewChunk => ({ content, model: null, embedding: null }));
  const model = await parts.models.embeddingModel();
  if (model === undefined) return plain;
  try {
    const vectors = await embed(parts, asker, model, texts, signal);
    return plain.map((chunk, index) => {
      const vector = vectors[index]!;
      return vector.length > 0 ? { ...chunk, model, embedding: toBytes(vector) } : chunk;
    });
  } catch (error) {
    signal.throwIfAborted();
    parts.logger.warn({ err: error }, 'a file is searched by its words: it could not be embedded');
    return plain;
  }
}
