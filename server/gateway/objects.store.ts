import type { Db, Schema, Trx } from '../db/schema.ts';

/** What was made through /v1 belongs to the user whose key made it: everybody else's is not there. */
export type OwnObject = Omit<Schema['provider_objects'], 'content'>;
export type ObjectKind = OwnObject['kind'];

const columns = ['id', 'kind', 'user_id', 'provider', 'document', 'created_at'] as const;

export interface NewObject {
  id: string;
  kind: ObjectKind;
  userId: number;
  /** The provider that has it; '' for what is kept here. */
  provider: string;
  document: string;
  content: Uint8Array | null;
  now: number;
}

/** Notes whose an object is; what was noted of it before is renewed, never its owner. */
export async function keepObject(trx: Trx, object: NewObject): Promise<void> {
  await trx
    .insertInto('provider_objects')
    .values({
      id: object.id,
      kind: object.kind,
      user_id: object.userId,
      provider: object.provider,
      document: object.document,
      content: object.content,
      created_at: object.now,
    })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ document: object.document })
        .where('provider_objects.user_id', '=', object.userId),
    )
    .execute();
}

export function findObject(
  db: Db,
  args: { id: string; kind: ObjectKind; userId: number },
): Promise<OwnObject | undefined> {
  return db
    .selectFrom('provider_objects')
    .select(columns)
    .where('id', '=', args.id)
    .where('kind', '=', args.kind)
    .where('user_id', '=', args.userId)
    .executeTakeFirst();
}

export async function readContent(db: Db, args: { id: string; userId: number }): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('provider_objects')
    .select('content')
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .executeTakeFirst();
  return row?.content ?? undefined;
}

export interface ObjectQuery {
  userId: number;
  kind: ObjectKind;
  limit: number;
  order: 'asc' | 'desc';
  /** The id that the page begins behind. */
  after?: string;
}

/** Own objects in the order they were made; one more than `limit`, where there are more. */
export async function listObjects(db: Db, query: ObjectQuery): Promise<OwnObject[]> {
  const after = query.after && (await findObject(db, { id: query.after, kind: query.kind, userId: query.userId }));
  let rows = db
    .selectFrom('provider_objects')
    .select(columns)
    .where('user_id', '=', query.userId)
    .where('kind', '=', query.kind);
  if (after) {
    const beyond = query.order === 'asc' ? '>' : '<';
    rows = rows.where((row) =>
      row.or([
        row('created_at', beyond, after.created_at),
        row.and([row('created_at', '=', after.created_at), row('id', beyond, after.id)]),
      ]),
    );
  }
  return rows
    .orderBy('created_at', query.order)
    .orderBy('id', query.order)
    .limit(query.limit + 1)
    .execute();
}

export async function deleteObject(trx: Trx, args: { id: string; userId: number }): Promise<boolean> {
  const deleted = await trx
    .deleteFrom('provider_objects')
    .where('id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}
