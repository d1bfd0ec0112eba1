import { useQueryClient } from '@tanstack/react-query';
import type { Session } from '#contracts/sessions.ts';
import { asProblem, call } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { showToast } from '../lib/toasts.ts';
import { sessionKeys } from '../sessions/session-queries.ts';

/** Keeps a conversation at the top of the lists, or lets it go. Gives it as it is then; undefined where that failed. */
export function usePin(): (id: number, pinned: boolean) => Promise<Session | undefined> {
  const { t } = useWords();
  const queries = useQueryClient();
  return async (id, pinned) => {
    try {
      const session = await call<Session>(`/sessions/${id}`, { method: 'PATCH', body: { pinned } });
      await queries.invalidateQueries({ queryKey: sessionKeys.all });
      return session;
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), t) });
      return undefined;
    }
  };
}
