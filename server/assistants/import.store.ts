import type { Trx } from '../db/schema.ts';
import { StartError } from '../start-error.ts';
import { createAssistant, type KeepAssistantArgs } from './assistants.store.ts';
import { createThread, type CreateThreadArgs } from './threads.store.ts';

/** What is taken over, in the order it was made. */
export interface AssistantExport {
  assistants: Omit<KeepAssistantArgs, 'userId'>[];
  threads: Omit<CreateThreadArgs, 'userId' | 'toolResources'>[];
}

export interface ImportCount {
  assistants: number;
  threads: number;
  messages: number;
  /** Objects that were there already, under the same id. */
  known: number;
}

/** Takes an export over for one account; what is there already stays as it is. Throws where there is no such account. */
export async function importExport(
  trx: Trx,
  args: AssistantExport & { emailKey: string | null },
): Promise<ImportCount> {
  const userId = await findOwner(trx, args.emailKey);
  const count: ImportCount = { assistants: 0, threads: 0, messages: 0, known: 0 };
  for (const assistant of args.assistants) {
    const made = await createAssistant(trx, { ...assistant, userId });
    count[made ? 'assistants' : 'known'] += 1;
  }
  for (const thread of args.threads) {
    if (await isThere(trx, thread)) {
      count.known += 1;
      continue;
    }
    await createThread(trx, { ...thread, userId, toolResources: {} });
    count.threads += 1;
    count.messages += thread.messages.length;
  }
  return count;
}

/** The named account, or the only administrator. */
async function findOwner(trx: Trx, emailKey: string | null): Promise<number> {
  const users = trx.selectFrom('users').select('id').limit(2);
  const found = await (
    emailKey === null ? users.where('role', '=', 'administrator') : users.where('email_key', '=', emailKey)
  ).execute();
  if (found.length === 1) return found[0]!.id;
  throw new StartError(
    emailKey === null
      ? 'Name the account that it is for: there is not one administrator.'
      : `There is no account with the address ${emailKey}.`,
  );
}

async function isThere(trx: Trx, { id, messages }: AssistantExport['threads'][number]): Promise<boolean> {
  const thread = await trx.selectFrom('threads').select('session_id').where('public_id', '=', id).executeTakeFirst();
  if (thread) return true;
  for (const message of messages) {
    const known = await trx
      .selectFrom('thread_messages')
      .select('message_id')
      .where('public_id', '=', message.id)
      .executeTakeFirst();
    if (known) return true;
  }
  return false;
}
