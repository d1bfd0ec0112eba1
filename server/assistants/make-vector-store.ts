import type { z } from 'zod';
import type { chunkingStrategy } from '#contracts/assistants.ts';
import type { Visitor } from '../http/visitor.ts';
import { usualChunking, type Chunking } from './chunk-text.ts';
import { findFile } from './files.store.ts';
import { newId } from './ids.ts';
import type { AssistantParts } from './parts.ts';
import { refuseField } from './read-body.ts';
import { readFiles } from './read-files.ts';
import { addFiles, createVectorStore, type NewVectorStore, type VectorStoreRow } from './vector-stores.store.ts';

export function chunkingOf(strategy: z.infer<typeof chunkingStrategy> | null | undefined): Chunking {
  if (strategy?.type !== 'static') return usualChunking;
  return { size: strategy.static.max_chunk_size_tokens, overlap: strategy.static.chunk_overlap_tokens };
}

export interface WantedFile {
  fileId: string;
  attributes: object;
  chunking: Chunking;
}

/** Adds own files to a store and begins to read them. Throws 400 for a file that is not kept here. */
export async function addToStore(
  parts: AssistantParts,
  visitor: Visitor,
  storeId: number,
  files: WantedFile[],
  batch = false,
) {
  const { database, instanceId, clock } = parts;
  const distinct = files.filter((file, index) => files.findIndex(({ fileId }) => fileId === file.fileId) === index);
  for (const { fileId: id } of distinct) {
    if (await findFile(database.read, { id, userId: visitor.id })) continue;
    throw refuseField('file_ids', `No file found with id '${id.slice(0, 100)}' among those that are kept here.`);
  }
  const added = await database.write(addFiles, {
    storeId,
    batch: batch ? newId('vsfb') : null,
    files: distinct,
    keyId: visitor.key?.id ?? null,
    instanceId,
    now: clock(),
  });
  void readFiles(parts, visitor.id, added.files);
  return added;
}

type Wanted = Pick<NewVectorStore, 'name' | 'metadata' | 'expiresDays'> & {
  fileIds: string[];
  chunking: Chunking;
};

/** Makes a vector store, with files that are read behind the answer. */
export async function makeVectorStore(
  parts: AssistantParts,
  visitor: Visitor,
  { fileIds, chunking, ...wanted }: Wanted,
): Promise<VectorStoreRow> {
  const made = { ...wanted, id: newId('vs'), userId: visitor.id, now: parts.clock() };
  for (const id of fileIds) {
    if (await findFile(parts.database.read, { id, userId: visitor.id })) continue;
    throw refuseField('file_ids', `No file found with id '${id.slice(0, 100)}' among those that are kept here.`);
  }
  const store = await parts.database.write(createVectorStore, made);
  if (fileIds.length > 0) {
    const files = fileIds.map((fileId) => ({ fileId, attributes: {}, chunking }));
    await addToStore(parts, visitor, store.id, files);
  }
  return store;
}
