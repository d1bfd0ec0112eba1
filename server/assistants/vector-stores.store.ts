import { sql } from 'kysely';
import type { Db, Schema, Trx } from '../db/schema.ts';
import { pageOf, type Cursor } from './cursor.store.ts';
import type { Chunking } from './chunk-text.ts';

const DAY_MS = 86_400_000;

export interface VectorStoreRow {
  id: number;
  public_id: string;
  name: string;
  metadata: string;
  expires_days: number | null;
  last_active_at: number;
  created_at: number;
}

const columns = ['id', 'public_id', 'name', 'metadata', 'expires_days', 'last_active_at', 'created_at'] as const;

function own(db: Db, userId: number) {
  return db.selectFrom('vector_stores').select(columns).where('user_id', '=', userId);
}

export function findVectorStore(db: Db, args: { id: string; userId: number }): Promise<VectorStoreRow | undefined> {
  return own(db, args.userId).where('public_id', '=', args.id).executeTakeFirst();
}

export function listVectorStores(db: Db, userId: number, cursor: Cursor): Promise<VectorStoreRow[]> {
  return pageOf(own(db, userId), 'id', cursor);
}

export function isExpired(row: VectorStoreRow, now: number): boolean {
  return row.expires_days !== null && row.last_active_at + row.expires_days * DAY_MS <= now;
}

export function expiresAt(row: VectorStoreRow): number | null {
  return row.expires_days === null ? null : row.last_active_at + row.expires_days * DAY_MS;
}

export interface NewVectorStore {
  id: string;
  userId: number;
  name: string;
  metadata: Record<string, string>;
  expiresDays: number | null;
  now: number;
}

export function createVectorStore(trx: Trx, args: NewVectorStore): Promise<VectorStoreRow> {
  return trx
    .insertInto('vector_stores')
    .values({
      public_id: args.id,
      user_id: args.userId,
      name: args.name,
      metadata: JSON.stringify(args.metadata),
      expires_days: args.expiresDays,
      last_active_at: args.now,
      created_at: args.now,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
}

export interface VectorStoreChange {
  id: string;
  userId: number;
  name?: string;
  metadata?: Record<string, string>;
  expiresDays?: number | null;
  now: number;
}

/** Changes an own store, and notes that it was used. Undefined: there is none. */
export function changeVectorStore(trx: Trx, args: VectorStoreChange): Promise<VectorStoreRow | undefined> {
  return trx
    .updateTable('vector_stores')
    .set({
      last_active_at: args.now,
      ...(args.name === undefined ? {} : { name: args.name }),
      ...(args.metadata === undefined ? {} : { metadata: JSON.stringify(args.metadata) }),
      ...(args.expiresDays === undefined ? {} : { expires_days: args.expiresDays }),
    })
    .where('public_id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning(columns)
    .executeTakeFirst();
}

export async function deleteVectorStore(trx: Trx, args: { id: string; userId: number }): Promise<boolean> {
  const deleted = await trx
    .deleteFrom('vector_stores')
    .where('public_id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}

export interface VectorFileRow {
  id: number;
  store_id: number;
  file_id: string;
  batch_id: number | null;
  status: Schema['vector_files']['status'];
  last_error: string | null;
  usage_bytes: number;
  attributes: string;
  chunking: string;
  key_id: number | null;
  created_at: number;
}

const fileColumns = [
  'id',
  'store_id',
  'file_id',
  'batch_id',
  'status',
  'last_error',
  'usage_bytes',
  'attributes',
  'chunking',
  'key_id',
  'created_at',
] as const;

export function findVectorFile(db: Db, args: { storeId: number; fileId: string }): Promise<VectorFileRow | undefined> {
  return db
    .selectFrom('vector_files')
    .select(fileColumns)
    .where('store_id', '=', args.storeId)
    .where('file_id', '=', args.fileId)
    .executeTakeFirst();
}

export interface FileFilter {
  storeId: number;
  batchId?: number;
  status?: Schema['vector_files']['status'];
}

export function listVectorFiles(db: Db, filter: FileFilter, cursor: Cursor): Promise<VectorFileRow[]> {
  let query = db.selectFrom('vector_files').select(fileColumns).where('store_id', '=', filter.storeId);
  if (filter.batchId !== undefined) query = query.where('batch_id', '=', filter.batchId);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  return pageOf(query, 'id', cursor);
}

export type FileCounts = Record<Schema['vector_files']['status'] | 'total', number>;

/** How many files a store or a batch has in each state, and how many bytes of text. */
export async function countFiles(
  db: Db,
  filter: { storeId: number; batchId?: number },
): Promise<{ counts: FileCounts; bytes: number }> {
  let query = db
    .selectFrom('vector_files')
    .select((row) => [
      'status',
      row.fn.countAll<number>().as('count'),
      sql<number>`coalesce(sum(usage_bytes), 0)`.as('bytes'),
    ])
    .where('store_id', '=', filter.storeId)
    .groupBy('status');
  if (filter.batchId !== undefined) query = query.where('batch_id', '=', filter.batchId);
  const rows = await query.execute();
  const counts: FileCounts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 };
  let bytes = 0;
  for (const row of rows) {
    counts[row.status] = Number(row.count);
    counts.total += Number(row.count);
    bytes += Number(row.bytes);
  }
  return { counts, bytes };
}

export interface AddFilesArgs {
  storeId: number;
  batch: string | null;
  files: { fileId: string; attributes: object; chunking: Chunking }[];
  keyId: number | null;
  instanceId: string;
  now: number;
}

/** Adds files to a store, each to be read; one that was there before is read again. */
export async function addFiles(
  trx: Trx,
  args: AddFilesArgs,
): Promise<{ batch: { id: number; public_id: string; created_at: number } | undefined; files: VectorFileRow[] }> {
  const { storeId, now } = args;
  const batch =
    args.batch === null
      ? undefined
      : await trx
          .insertInto('vector_batches')
          .values({ public_id: args.batch, store_id: storeId, created_at: now })
          .returning(['id', 'public_id', 'created_at'])
          .executeTakeFirstOrThrow();
  const files: VectorFileRow[] = [];
  for (const { fileId, attributes, chunking } of args.files) {
    await trx.deleteFrom('vector_files').where('store_id', '=', storeId).where('file_id', '=', fileId).execute();
    const row = await trx
      .insertInto('vector_files')
      .values({
        store_id: storeId,
        file_id: fileId,
        batch_id: batch?.id ?? null,
        status: 'in_progress',
        usage_bytes: 0,
        attributes: JSON.stringify(attributes),
        chunking: JSON.stringify(chunking),
        key_id: args.keyId,
        instance_id: args.instanceId,
        created_at: now,
      })
      .returning(fileColumns)
      .executeTakeFirstOrThrow();
    files.push(row);
  }
  await trx.updateTable('vector_stores').set({ last_active_at: now }).where('id', '=', storeId).execute();
  return { batch, files };
}

export function findBatch(db: Db, args: { storeId: number; id: string }) {
  return db
    .selectFrom('vector_batches')
    .select(['id', 'public_id', 'created_at'])
    .where('store_id', '=', args.storeId)
    .where('public_id', '=', args.id)
    .executeTakeFirst();
}

/** Files of a batch that have not been read yet are not read any more. */
export async function cancelBatch(trx: Trx, args: { batchId: number }): Promise<void> {
  await trx
    .updateTable('vector_files')
    .set({ status: 'cancelled' })
    .where('batch_id', '=', args.batchId)
    .where('status', '=', 'in_progress')
    .execute();
}

export async function changeVectorFile(trx: Trx, args: { id: number; attributes: object }): Promise<void> {
  await trx
    .updateTable('vector_files')
    .set({ attributes: JSON.stringify(args.attributes) })
    .where('id', '=', args.id)
    .execute();
}

/** Takes a file out of a store; the file itself stays. */
export async function removeVectorFile(trx: Trx, args: { storeId: number; fileId: string }): Promise<boolean> {
  const removed = await trx
    .deleteFrom('vector_files')
    .where('store_id', '=', args.storeId)
    .where('file_id', '=', args.fileId)
    .returning('id')
    .executeTakeFirst();
  return removed !== undefined;
}
