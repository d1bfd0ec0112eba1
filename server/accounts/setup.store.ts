import type { Db, Trx } from '../db/schema.ts';

/** Keeps `value` under `name` unless there is one; gives what is kept. */
export async function keepSetting(trx: Trx, args: { name: string; value: string }): Promise<string> {
  await trx
    .insertInto('settings')
    .values(args)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await trx.selectFrom('settings').select('value').where('name', '=', args.name).executeTakeFirstOrThrow();
  return row.value;
}

/** Opens the setup code of the first administrator. False where a start before this one has done so, or there is one. */
export async function openSetup(trx: Trx, args: { codeHash: string }): Promise<boolean> {
  const administrator = await trx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'administrator')
    .executeTakeFirst();
  if (administrator) return false;
  const kept = await keepSetting(trx, { name: 'setup_code_made', value: args.codeHash });
  if (kept !== args.codeHash) return false;
  await keepSetting(trx, { name: 'setup_code', value: args.codeHash });
  return true;
}

/** Whether the setup code of the first administrator has not been used. */
export async function setupCodeIsOpen(db: Db): Promise<boolean> {
  const row = await db.selectFrom('settings').select('name').where('name', '=', 'setup_code').executeTakeFirst();
  return row !== undefined;
}
