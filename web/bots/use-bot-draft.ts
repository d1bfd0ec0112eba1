import { useEffect, useState } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { drafts, type DraftOwner } from '../lib/drafts.ts';
import { clearBotDraft, readBotDraft, saveBotDraft, type BotDraft } from './bot-draft.ts';

const AFTER_MS = 500;

/** What an earlier visit has left of changing this bot. */
export function useLeftDraft(slug: string): { owner: DraftOwner; left: BotDraft | undefined } {
  const profile = useProfile();
  // Whose it is does not change while a lost login is asked for.
  const [found] = useState(() => {
    const owner: DraftOwner = profile?.id ?? 'guest';
    return { owner, left: readBotDraft(owner, slug) };
  });
  return found;
}

/** Keeps the draft while it differs from what is saved. Tells since when it is kept; undefined: it is not. */
export function useKeptDraft(owner: DraftOwner, slug: string, draft: BotDraft, dirty: boolean): number | undefined {
  const [keptAt, setKeptAt] = useState<number>();
  const { base, form } = draft;
  useEffect(() => {
    if (dirty) saveBotDraft(owner, slug, { base, form });
    else clearBotDraft(owner, slug);
    const timer = setTimeout(() => setKeptAt(dirty && drafts.flush() ? Date.now() : undefined), AFTER_MS);
    return () => clearTimeout(timer);
  }, [owner, slug, base, form, dirty]);
  return keptAt;
}
