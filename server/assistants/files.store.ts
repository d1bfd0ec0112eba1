import type { Db } from '../db/schema.ts';

export interface KeptFile {
  id: string;
  name: string;
  bytes: number;
}

/** An own file that is kept here, by what is said of it. */
export async function findFile(db: Db, args: { id: string; userId: number }): Promise<KeptFile | undefined> {
  const row = await db
    .selectFrom('provider_objects')
    .select(['id', 'document'])
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .where('kind', '=', 'file')
    .where('provider', '=', '')
    .executeTakeFirst();
  if (!row) return undefined;
  const { filename, bytes } = JSON.parse(row.document) as { filename: string; bytes: number };
  return { id: row.id, name: filename, bytes };
}

export async function readFileContent(db: Db, id: string): Promise<Uint8Array | undefined> {
  const row = await db.selectFrom('provider_objects').select('content').where('id', '=', id).executeTakeFirst();
  return row?.content ?? undefined;
}
