import type { Db, Trx } from '../db/schema.ts';

export async function readSetting(db: Db, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value;
}

/** Keeps `value` under `name` unless there is one; gives what is kept. */
export async function keepSetting(trx: Trx, args: { name: string; value: string }): Promise<string> {
  await trx
    .insertInto('settings')
    .values(args)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await readSetting(trx, args.name))!;
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
  return (await readSetting(db, 'setup_code')) !== undefined;
}
