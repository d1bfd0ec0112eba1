import type { Filter } from '#contracts/assistants.ts';
import type { Chunking } from './chunk-text.ts';
import { toSeconds } from './ids.ts';
import {
  expiresAt,
  isExpired,
  type FileCounts,
  type VectorFileRow,
  type VectorStoreRow,
} from './vector-stores.store.ts';

export function showVectorStore(row: VectorStoreRow, files: { counts: FileCounts; bytes: number }, now: number) {
  const status = isExpired(row, now) ? 'expired' : files.counts.in_progress > 0 ? 'in_progress' : 'completed';
  return {
    id: row.public_id,
    object: 'vector_store',
    created_at: toSeconds(row.created_at),
    name: row.name,
    usage_bytes: files.bytes,
    file_counts: files.counts,
    status,
    expires_after: row.expires_days === null ? null : { anchor: 'last_active_at', days: row.expires_days },
    expires_at: toSeconds(expiresAt(row)),
    last_active_at: toSeconds(row.last_active_at),
    metadata: JSON.parse(row.metadata) as object,
  };
}

export function showVectorFile(row: VectorFileRow, storeId: string) {
  const { size, overlap } = JSON.parse(row.chunking) as Chunking;
  return {
    id: row.file_id,
    object: 'vector_store.file',
    created_at: toSeconds(row.created_at),
    vector_store_id: storeId,
    status: row.status,
    usage_bytes: row.usage_bytes,
    last_error: row.last_error === null ? null : (JSON.parse(row.last_error) as object),
    chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: size, chunk_overlap_tokens: overlap } },
    attributes: JSON.parse(row.attributes) as object,
  };
}

export function showBatch(batch: { public_id: string; created_at: number }, storeId: string, counts: FileCounts) {
  const ended = counts.cancelled > 0 ? 'cancelled' : 'completed';
  return {
    id: batch.public_id,
    object: 'vector_store.files_batch',
    created_at: toSeconds(batch.created_at),
    vector_store_id: storeId,
    status: counts.in_progress > 0 ? 'in_progress' : ended,
    file_counts: counts,
  };
}

type Attributes = Record<string, string | number | boolean>;

/** Whether the attributes of a file fit a filter. */
export function fitsFilter(filter: Filter, attributes: Attributes): boolean {
  if (filter.type === 'and') return filter.filters.every((one) => fitsFilter(one, attributes));
  if (filter.type === 'or') return filter.filters.some((one) => fitsFilter(one, attributes));
  const { type, key, value } = filter as Exclude<Filter, { filters: Filter[] }>;
  const own = attributes[key];
  const list = Array.isArray(value) ? value : [value];
  if (type === 'eq' || type === 'in') return list.includes(own);
  if (type === 'ne' || type === 'nin') return !list.includes(own);
  if (typeof own !== 'number' || typeof value !== 'number') return false;
  return { gt: own > value, gte: own >= value, lt: own < value, lte: own <= value }[type];
}
