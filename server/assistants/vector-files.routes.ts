import type { FastifyRequest } from 'fastify';
import { vectorBatchBody, vectorFileBody, vectorFileChange, vectorFileFilter } from '#contracts/assistants.ts';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { readFileChunks } from './chunks.store.ts';
import { resolveCursor, showPage } from './cursor.store.ts';
import { addToStore, chunkingOf } from './make-vector-store.ts';
import type { AssistantParts } from './parts.ts';
import { readBody, readCursor } from './read-body.ts';
import { routeOptions } from './route-options.ts';
import { showBatch, showVectorFile } from './show-vector-store.ts';
import {
  cancelBatch,
  changeVectorFile,
  countFiles,
  findBatch,
  findVectorFile,
  listVectorFiles,
  removeVectorFile,
  type VectorStoreRow,
} from './vector-stores.store.ts';
import { ownStore } from './vector-stores.routes.ts';

/** Files of vector stores, one by one and in batches. */
export function addVectorFileRoutes(scope: App, parts: AssistantParts): void {
  const { database } = parts;
  const depth = parts.config.JSON_DEPTH_LIMIT;
  const options = (summary: string) => routeOptions(parts, summary, false);

  async function ownFile(request: FastifyRequest) {
    const store = await ownStore(parts, request);
    const { file: fileId } = request.params as { file: string };
    const row = await findVectorFile(database.read, { storeId: store.id, fileId });
    if (!row) throw new Problem('not_found', `No file found with id '${fileId.slice(0, 100)}' in this vector store.`);
    return { store, row };
  }

  async function ownBatch(request: FastifyRequest) {
    const store = await ownStore(parts, request);
    const { batch: id } = request.params as { batch: string };
    const batch = await findBatch(database.read, { storeId: store.id, id });
    if (!batch) throw new Problem('not_found', `No file batch found with id '${id.slice(0, 100)}'.`);
    return { store, batch };
  }

  async function list(request: FastifyRequest, store: VectorStoreRow, batchId?: number) {
    const { filter: status } = vectorFileFilter.parse(request.query);
    const cursor = await resolveCursor(
      readCursor(request),
      async (fileId) => (await findVectorFile(database.read, { storeId: store.id, fileId }))?.id,
    );
    const wanted = { storeId: store.id, ...(batchId === undefined ? {} : { batchId }), ...(status ? { status } : {}) };
    const rows = await listVectorFiles(database.read, wanted, cursor);
    return showPage(
      rows.map((row) => showVectorFile(row, store.public_id)),
      cursor.limit,
    );
  }

  scope.post('/vector_stores/:id/files', options('Adds a file to a vector store'), async (request) => {
    const body = readBody(vectorFileBody, request, depth);
    const store = await ownStore(parts, request);
    const chunking = chunkingOf(body.chunking_strategy);
    const wanted = [{ fileId: body.file_id, attributes: body.attributes ?? {}, chunking }];
    const { files } = await addToStore(parts, visitorOf(request), store.id, wanted);
    return showVectorFile(files[0]!, store.public_id);
  });

  scope.get('/vector_stores/:id/files', options('Files of a vector store'), async (request) =>
    list(request, await ownStore(parts, request)),
  );

  scope.get('/vector_stores/:id/files/:file', options('One file of a vector store'), async (request) => {
    const { store, row } = await ownFile(request);
    return showVectorFile(row, store.public_id);
  });

  scope.post('/vector_stores/:id/files/:file', options('Changes a file of a vector store'), async (request) => {
    const body = readBody(vectorFileChange, request, depth);
    const { store, row } = await ownFile(request);
    const attributes = body.attributes ?? {};
    await database.write(changeVectorFile, { id: row.id, attributes });
    return showVectorFile({ ...row, attributes: JSON.stringify(attributes) }, store.public_id);
  });

  scope.delete('/vector_stores/:id/files/:file', options('Takes a file out of a vector store'), async (request) => {
    const { store, row } = await ownFile(request);
    await database.write(removeVectorFile, { storeId: store.id, fileId: row.file_id });
    return { id: row.file_id, object: 'vector_store.file.deleted', deleted: true };
  });

  scope.get('/vector_stores/:id/files/:file/content', options('The text of a file'), async (request) => {
    const { row } = await ownFile(request);
    const chunks = await readFileChunks(database.read, row.id);
    const data = chunks.map(({ content }) => ({ type: 'text', text: content }));
    return { object: 'vector_store.file_content.page', data, has_more: false, next_page: null };
  });

  scope.post('/vector_stores/:id/file_batches', options('Adds files to a vector store'), async (request) => {
    const body = readBody(vectorBatchBody, request, depth);
    const store = await ownStore(parts, request);
    const common = { attributes: body.attributes ?? {}, chunking: chunkingOf(body.chunking_strategy) };
    const wanted = body.files
      ? body.files.map((file) => ({
          fileId: file.file_id,
          attributes: file.attributes ?? {},
          chunking: chunkingOf(file.chunking_strategy),
        }))
      : (body.file_ids ?? []).map((fileId) => ({ fileId, ...common }));
    const { batch } = await addToStore(parts, visitorOf(request), store.id, wanted, true);
    const { counts } = await countFiles(database.read, { storeId: store.id, batchId: batch!.id });
    return showBatch(batch!, store.public_id, counts);
  });

  const one = '/vector_stores/:id/file_batches/:batch';
  scope.get(one, options('One batch of files'), async (request) => {
    const { store, batch } = await ownBatch(request);
    const { counts } = await countFiles(database.read, { storeId: store.id, batchId: batch.id });
    return showBatch(batch, store.public_id, counts);
  });

  scope.get(`${one}/files`, options('Files of a batch'), async (request) => {
    const { store, batch } = await ownBatch(request);
    return list(request, store, batch.id);
  });

  scope.post(`${one}/cancel`, options('Cancels a batch of files'), async (request) => {
    const { store, batch } = await ownBatch(request);
    await database.write(cancelBatch, { batchId: batch.id });
    const { counts } = await countFiles(database.read, { storeId: store.id, batchId: batch.id });
    return showBatch(batch, store.public_id, counts);
  });
}
