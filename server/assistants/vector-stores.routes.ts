import type { FastifyRequest } from 'fastify';
import { vectorSearchBody, vectorStoreBody, vectorStoreChange } from '#contracts/assistants.ts';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { resolveCursor, showPage } from './cursor.store.ts';
import { chunkingOf, makeVectorStore } from './make-vector-store.ts';
import type { AssistantParts } from './parts.ts';
import { readBody, readCursor } from './read-body.ts';
import { routeOptions, type Params } from './route-options.ts';
import { searchFiles } from './search-files.ts';
import { fitsFilter, showVectorStore } from './show-vector-store.ts';
import {
  changeVectorStore,
  countFiles,
  deleteVectorStore,
  findVectorStore,
  isExpired,
  listVectorStores,
  type VectorStoreRow,
} from './vector-stores.store.ts';

function noStore(id: string): Problem {
  return new Problem('not_found', `No vector store found with id '${id.slice(0, 100)}'.`);
}

/** The own store that a path names. */
export async function ownStore(parts: AssistantParts, request: FastifyRequest): Promise<VectorStoreRow> {
  const { id } = request.params as Params;
  const row = await findVectorStore(parts.database.read, { id, userId: visitorOf(request).id });
  if (!row) throw noStore(id);
  return row;
}

/** Vector stores: the files that `file_search` reads. */
export function addVectorStoreRoutes(scope: App, parts: AssistantParts): void {
  const { database, clock } = parts;
  const depth = parts.config.JSON_DEPTH_LIMIT;
  const options = (summary: string) => routeOptions(parts, summary, false);
  const show = async (row: VectorStoreRow) =>
    showVectorStore(row, await countFiles(database.read, { storeId: row.id }), clock());

  scope.post('/vector_stores', options('Makes a vector store'), async (request) => {
    const body = readBody(vectorStoreBody, request, depth);
    const store = await makeVectorStore(parts, visitorOf(request), {
      name: body.name ?? '',
      metadata: body.metadata ?? {},
      expiresDays: body.expires_after?.days ?? null,
      fileIds: body.file_ids ?? [],
      chunking: chunkingOf(body.chunking_strategy),
    });
    return show(store);
  });

  scope.get('/vector_stores', options('Own vector stores'), async (request) => {
    const { id: userId } = visitorOf(request);
    const cursor = await resolveCursor(
      readCursor(request),
      async (id) => (await findVectorStore(database.read, { id, userId }))?.id,
    );
    const rows = await listVectorStores(database.read, userId, cursor);
    return showPage(await Promise.all(rows.map(show)), cursor.limit);
  });

  scope.get('/vector_stores/:id', options('One vector store'), async (request) => show(await ownStore(parts, request)));

  scope.post('/vector_stores/:id', options('Changes a vector store'), async (request) => {
    const body = readBody(vectorStoreChange, request, depth);
    const { public_id: id } = await ownStore(parts, request);
    const row = await database.write(changeVectorStore, {
      id,
      userId: visitorOf(request).id,
      ...(body.name === undefined ? {} : { name: body.name ?? '' }),
      ...(body.metadata === undefined ? {} : { metadata: body.metadata ?? {} }),
      ...(body.expires_after === undefined ? {} : { expiresDays: body.expires_after?.days ?? null }),
      now: clock(),
    });
    if (!row) throw noStore(id);
    return show(row);
  });

  scope.delete('/vector_stores/:id', options('Deletes a vector store'), async (request) => {
    const { id } = request.params as Params;
    if (!(await database.write(deleteVectorStore, { id, userId: visitorOf(request).id }))) throw noStore(id);
    return { id, object: 'vector_store.deleted', deleted: true };
  });

  scope.post('/vector_stores/:id/search', options('Searches a vector store'), async (request) => {
    const body = readBody(vectorSearchBody, request, depth);
    const visitor = visitorOf(request);
    const store = await ownStore(parts, request);
    if (isExpired(store, clock())) throw new Problem('unreadable', 'This vector store has expired.');
    await database.write(changeVectorStore, { id: store.public_id, userId: visitor.id, now: clock() });
    const { filters } = body;
    const found = await searchFiles(
      parts,
      { userId: visitor.id, keyId: visitor.key?.id ?? null, assistantId: null },
      {
        storeIds: [store.public_id],
        queries: [body.query].flat(),
        limit: body.max_num_results,
        threshold: body.ranking_options?.score_threshold ?? 0,
        ...(filters ? { fits: (attributes) => fitsFilter(filters, attributes) } : {}),
      },
      AbortSignal.timeout(60_000),
    );
    return {
      object: 'vector_store.search_results.page',
      search_query: [body.query].flat(),
      data: found.map((passage) => ({
        file_id: passage.fileId,
        filename: passage.fileName,
        score: passage.score,
        attributes: passage.attributes,
        content: [{ type: 'text', text: passage.text }],
      })),
      has_more: false,
      next_page: null,
    };
  });
}
