import type { Db, Trx } from '../db/schema.ts';
import { pageOf, type Cursor } from './cursor.store.ts';
import type { AssistantDocument } from './show-assistant.ts';

export interface AssistantRow {
  id: number;
  public_id: string;
  bot_id: number;
  document: string;
  created_at: number;
}

function own(db: Db, userId: number) {
  return db
    .selectFrom('assistants')
    .select(['id', 'public_id', 'bot_id', 'document', 'created_at'])
    .where('user_id', '=', userId);
}

export function findAssistant(db: Db, args: { id: string; userId: number }): Promise<AssistantRow | undefined> {
  return own(db, args.userId).where('public_id', '=', args.id).executeTakeFirst();
}

export function listAssistants(db: Db, userId: number, cursor: Cursor): Promise<AssistantRow[]> {
  return pageOf(own(db, userId), 'id', cursor);
}

/** What a bot has of an assistant: sessions that are opened with it go on in the web app. */
function botOf(document: AssistantDocument) {
  return {
    name: document.name ?? '',
    description: document.description ?? '',
    instructions: document.instructions ?? '',
    model: document.model,
    temperature: document.temperature,
  };
}

export interface KeepAssistantArgs {
  id: string;
  userId: number;
  document: AssistantDocument;
  now: number;
}

/** Makes an assistant with its bot. False: the id is taken, and nothing has changed. */
export async function createAssistant(trx: Trx, args: KeepAssistantArgs): Promise<boolean> {
  const { id, userId, document, now } = args;
  const bot = await trx
    .insertInto('bots')
    .values({
      slug: id,
      ...botOf(document),
      max_tokens: null,
      intake: '[]',
      default_visibility: 'private',
      reads_quotes: 0,
      owner_id: userId,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!bot) return false;
  await trx
    .insertInto('assistants')
    .values({ public_id: id, user_id: userId, bot_id: bot.id, document: JSON.stringify(document), created_at: now })
    .execute();
  return true;
}

/** Changes an own assistant; `change` holds what is replaced. Undefined: there is none. */
export async function changeAssistant(
  trx: Trx,
  args: { id: string; userId: number; change: Partial<AssistantDocument>; now: number },
): Promise<AssistantRow | undefined> {
  // The change of nothing locks the row: two changes of different fields both stay.
  const row = await trx
    .updateTable('assistants')
    .set((assistant) => ({ document: assistant.ref('document') }))
    .where('public_id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning(['id', 'public_id', 'bot_id', 'document', 'created_at'])
    .executeTakeFirst();
  if (!row) return undefined;
  const document = { ...(JSON.parse(row.document) as AssistantDocument), ...args.change };
  const text = JSON.stringify(document);
  await trx.updateTable('assistants').set({ document: text }).where('id', '=', row.id).execute();
  await trx
    .updateTable('bots')
    .set({ ...botOf(document), updated_at: args.now })
    .where('id', '=', row.bot_id)
    .execute();
  return { ...row, document: text };
}

/** Deletes an own assistant; its bot stays as long as there are sessions of it. False: there is none. */
export async function deleteAssistant(trx: Trx, args: { id: string; userId: number; now: number }): Promise<boolean> {
  const row = await trx
    .deleteFrom('assistants')
    .where('public_id', '=', args.id)
    .where('user_id', '=', args.userId)
    .returning('bot_id')
    .executeTakeFirst();
  if (!row) return false;
  const used = await trx
    .selectFrom('sessions')
    .select('id')
    .where('bot_id', '=', row.bot_id)
    .limit(1)
    .executeTakeFirst();
  if (used) await trx.updateTable('bots').set({ deleted_at: args.now }).where('id', '=', row.bot_id).execute();
  else await trx.deleteFrom('bots').where('id', '=', row.bot_id).execute();
  return true;
}

/** Bots of assistants lead to no account by a key of their own; nothing of the account is left that uses them. */
export async function forgetAssistants(trx: Trx, { userId }: { userId: number }): Promise<void> {
  await trx.deleteFrom('bots').where('owner_id', '=', userId).execute();
}
