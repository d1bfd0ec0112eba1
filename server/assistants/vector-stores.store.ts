import type { Db } from '../db/schema.ts';

export interface VectorStoreRow {
  id: number;
  public_id: string;
  name: string;
  metadata: string;
  expires_days: number | null;
  last_active_at: number;
  created_at: number;
}

function own(db: Db, userId: number) {
  return db
    .selectFrom('vector_stores')
    .select(['id', 'public_id', 'name', 'metadata', 'expires_days', 'last_active_at', 'created_at'])
    .where('user_id', '=', userId);
}

export function findVectorStore(db: Db, args: { id: string; userId: number }): Promise<VectorStoreRow | undefined> {
  return own(db, args.userId).where('public_id', '=', args.id).executeTakeFirst();
}
