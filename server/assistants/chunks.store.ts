import { databaseNow } from '../db/clock.ts';
import type { Db, Trx } from '../db/schema.ts';
import { reserve, type ReserveArgs } from '../spend/spend.store.ts';
import { HEARTBEAT_LOST_MS } from '../turns/instances.store.ts';

export interface NewChunk {
  content: string;
  model: string | null;
  embedding: Uint8Array | null;
}

/** Stores what a file was cut into. False: it was taken out or cancelled meanwhile, and nothing is stored. */
export async function keepChunks(trx: Trx, args: { fileRow: number; chunks: NewChunk[] }): Promise<boolean> {
  const bytes = args.chunks.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const kept = await trx
    .updateTable('vector_files')
    .set({ status: 'completed', usage_bytes: bytes })
    .where('id', '=', args.fileRow)
    .where('status', '=', 'in_progress')
    .returning('id')
    .executeTakeFirst();
  if (!kept) return false;
  for (let from = 0; from < args.chunks.length; from += 100) {
    const rows = args.chunks
      .slice(from, from + 100)
      .map((chunk, index) => ({ ...chunk, vector_file_id: args.fileRow, position: from + index }));
    await trx.insertInto('file_chunks').values(rows).execute();
  }
  return true;
}

export interface FileError {
  code: 'server_error' | 'unsupported_file' | 'invalid_file';
  message: string;
}

export async function failFile(trx: Trx, args: { fileRow: number; error: FileError }): Promise<void> {
  await trx
    .updateTable('vector_files')
    .set({ status: 'failed', last_error: JSON.stringify(args.error) })
    .where('id', '=', args.fileRow)
    .where('status', '=', 'in_progress')
    .execute();
}

const LOST: FileError = { code: 'server_error', message: 'The server stopped while it read this file: add it again.' };

/** Files that no living instance reads have failed. */
export async function failLostFiles(trx: Trx, args: { instanceId: string; alone: boolean }): Promise<void> {
  let lost = trx
    .updateTable('vector_files')
    .set({ status: 'failed', last_error: JSON.stringify(LOST) })
    .where('status', '=', 'in_progress')
    .where('instance_id', '!=', args.instanceId);
  if (!args.alone) {
    const aliveSince = (await databaseNow(trx)) - HEARTBEAT_LOST_MS;
    lost = lost.where('instance_id', 'not in', (living) =>
      living.selectFrom('instances').select('instances.id').where('heartbeat_at', '>=', aliveSince),
    );
  }
  await lost.execute();
}

/** Reserves a call for embeddings: it takes money, no unit. */
export async function reserveEmbedding(trx: Trx, args: { reserve: ReserveArgs }) {
  return (await reserve(trx, args.reserve)).reservation;
}

export interface ChunkRow {
  vector_file_id: number;
  position: number;
  content: string;
  model: string | null;
  embedding: Uint8Array | null;
  file_id: string;
  attributes: string;
  document: string;
}

/** Small, so that whoever scores a page does not keep the process from answering others. */
const PAGE = 100;

/** Every passage of some stores of one user, in pages. */
export async function* readChunks(db: Db, args: { userId: number; storeIds: string[] }): AsyncGenerator<ChunkRow[]> {
  if (args.storeIds.length === 0) return;
  for (let last = { file: 0, position: -1 }; ;) {
    const rows = await db
      .selectFrom('file_chunks')
      .innerJoin('vector_files', 'vector_files.id', 'file_chunks.vector_file_id')
      .innerJoin('vector_stores', 'vector_stores.id', 'vector_files.store_id')
      .innerJoin('provider_objects', 'provider_objects.id', 'vector_files.file_id')
      .select([
        'file_chunks.vector_file_id',
        'file_chunks.position',
        'file_chunks.content',
        'file_chunks.model',
        'file_chunks.embedding',
        'vector_files.file_id',
        'vector_files.attributes',
        'provider_objects.document',
      ])
      .where('vector_stores.user_id', '=', args.userId)
      .where('vector_stores.public_id', 'in', args.storeIds)
      .where((row) =>
        row.or([
          row('file_chunks.vector_file_id', '>', last.file),
          row.and([row('file_chunks.vector_file_id', '=', last.file), row('file_chunks.position', '>', last.position)]),
        ]),
      )
      .orderBy('file_chunks.vector_file_id')
      .orderBy('file_chunks.position')
      .limit(PAGE)
      .execute();
    if (rows.length > 0) yield rows;
    const end = rows.at(-1);
    if (!end || rows.length < PAGE) return;
    last = { file: end.vector_file_id, position: end.position };
  }
}

/** The passages of one file of a store. */
export function readFileChunks(db: Db, fileRow: number): Promise<{ content: string }[]> {
  return db
    .selectFrom('file_chunks')
    .select('content')
    .where('vector_file_id', '=', fileRow)
    .orderBy('position')
    .execute();
}
