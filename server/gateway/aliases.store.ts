import { record } from '../audit/audit.store.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';

export type AliasRow = Schema['model_aliases'];

export function readAliases(db: Db): Promise<AliasRow[]> {
  return db.selectFrom('model_aliases').selectAll().orderBy('name').execute();
}

export async function setAlias(trx: Trx, args: { row: AliasRow; actorId: number }): Promise<void> {
  const { row, actorId } = args;
  const { name, ...changed } = row;
  await trx
    .insertInto('model_aliases')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(changed))
    .execute();
  const detail = { name, targets: row.targets };
  await record(trx, { at: row.changed_at, actorId, subjectId: null, action: 'alias.set', detail });
}

/** Forgets a change, so that the shipped row counts again, if there is one. */
export async function removeAlias(trx: Trx, args: { name: string; actorId: number; now: number }): Promise<boolean> {
  const { name, actorId, now } = args;
  const gone = await trx.deleteFrom('model_aliases').where('name', '=', name).returning('name').executeTakeFirst();
  if (!gone) return false;
  await record(trx, { at: now, actorId, subjectId: null, action: 'alias.removed', detail: { name } });
  return true;
}
