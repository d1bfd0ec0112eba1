import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { showToast } from '../lib/toasts.ts';
import { pendingDeletions, setPending, usePendingDeletions } from '../sessions/pending-deletions.ts';
import { deleteSession, sessionKeys } from '../sessions/session-queries.ts';
import { useThreads } from './threads.ts';

/** How long a deletion can be taken back. Until then the server knows nothing of it. */
const UNDO_MS = 6_000;

/** Deletes conversations after a moment in which it can be undone; leaving the page deletes at once. */
export function useDeletions(): { hidden: ReadonlySet<number>; remove: (ids: number[], onUndo?: () => void) => void } {
  const { t } = useWords();
  const queries = useQueryClient();
  const threads = useThreads();
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set());
  const pending = usePendingDeletions();

  const carryOut = (id: number) => {
    setGone((before) => new Set(before).add(id));
    setPending(id, undefined);
    void deleteSession(id, true)
      .then(() => threads.forget(id))
      .catch((error: unknown) => {
        setGone((before) => new Set([...before].filter((each) => each !== id)));
        if (asProblem(error).status !== 404) showToast({ kind: 'error', text: problemText(asProblem(error), t) });
      })
      .finally(() => void queries.invalidateQueries({ queryKey: sessionKeys.all }));
  };

  function remove(ids: number[], onUndo?: () => void): void {
    const timer = setTimeout(() => ids.filter((id) => pendingDeletions().has(id)).forEach(carryOut), UNDO_MS);
    for (const id of ids) setPending(id, () => carryOut(id));
    const undo = () => {
      clearTimeout(timer);
      for (const id of ids) setPending(id, undefined);
      onUndo?.();
    };
    showToast({ kind: 'done', text: t('history.deleted'), action: { label: t('action.undo'), run: undo } }, UNDO_MS);
  }

  return { hidden: new Set([...pending.keys(), ...gone]), remove };
}
