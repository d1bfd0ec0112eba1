import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { showToast } from '../lib/toasts.ts';
import { pendingDeletions, setPending, usePendingDeletions } from '../sessions/pending-deletions.ts';
import { deleteSession, sessionKeys } from '../sessions/session-queries.ts';
import type { SessionRow } from '#contracts/sessions.ts';
import { useThreads } from './threads.ts';

/** How long a deletion can be taken back. Until then the server knows nothing of it. */
const UNDO_MS = 6_000;

/** Deletes rows after a moment in which it can be undone; leaving the page deletes at once. */
export function useDeletions(): { hidden: ReadonlySet<number>; remove: (row: SessionRow) => void } {
  const { t } = useWords();
  const queries = useQueryClient();
  const threads = useThreads();
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set());
  const pending = usePendingDeletions();

  useEffect(() => {
    const deleteNow = () => pendingDeletions().forEach((run) => run());
    window.addEventListener('pagehide', deleteNow);
    return () => window.removeEventListener('pagehide', deleteNow);
  }, []);

  function remove(row: SessionRow): void {
    const carryOut = () => {
      clearTimeout(timer);
      setGone((before) => new Set(before).add(row.id));
      setPending(row.id, undefined);
      void deleteSession(row.id, true)
        .then(() => threads.forget(row.id))
        .catch((error: unknown) => {
          setGone((before) => new Set([...before].filter((id) => id !== row.id)));
          if (asProblem(error).status !== 404) showToast({ kind: 'error', text: problemText(asProblem(error), t) });
        })
        .finally(() => void queries.invalidateQueries({ queryKey: sessionKeys.all }));
    };
    const timer = setTimeout(carryOut, UNDO_MS);
    setPending(row.id, carryOut);
    const undo = () => {
      clearTimeout(timer);
      setPending(row.id, undefined);
    };
    showToast({ kind: 'done', text: t('history.deleted'), action: { label: t('action.undo'), run: undo } }, UNDO_MS);
  }

  return { hidden: new Set([...pending.keys(), ...gone]), remove };
}
