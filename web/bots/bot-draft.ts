import type { Bot } from '#contracts/bots.ts';
import { drafts, type DraftOwner } from '../lib/drafts.ts';
import { formOf, type BotForm } from './bot-form.ts';

/**
 * What was changed of a bot and is not saved. It stays on this device: the server holds no half of a bot,
 * and whatever is saved there is what people talk to at once.
 */
export interface BotDraft {
  /** What the form was made from. */
  base: Bot;
  form: BotForm;
}

const placeOf = (slug: string) => `bot:${slug}:edit`;

export function readBotDraft(owner: DraftOwner, slug: string): BotDraft | undefined {
  try {
    const { base, form } = JSON.parse(drafts.read(owner, placeOf(slug))) as BotDraft;
    // One of an older app may lack a field.
    return { base, form: { ...formOf(base), ...form } };
  } catch {
    return undefined;
  }
}

export function saveBotDraft(owner: DraftOwner, slug: string, draft: BotDraft): void {
  drafts.save(owner, placeOf(slug), JSON.stringify(draft));
}

export function clearBotDraft(owner: DraftOwner, slug: string): void {
  if (drafts.read(owner, placeOf(slug)) !== '') drafts.clear(owner, placeOf(slug));
}
