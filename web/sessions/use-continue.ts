import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Session } from '#contracts/sessions.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { asProblem, call, type ApiProblem } from '../lib/api-client.ts';
import { sessionKeys } from './session-queries.ts';

/** Remembers through the login, also one at another site, which page was to be continued. */
const wantedKey = 'daesa.continue';

/** Copies a published page into a conversation of one's own and opens it; a guest logs in on the way. */
export function useContinue(pageId: string) {
  const profile = useProfile();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const goToLogin = useGoToLogin();
  const atWork = useRef(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();

  async function copy(): Promise<void> {
    if (atWork.current) return;
    atWork.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      const { id } = await call<Session>(`/s/${pageId}/copy`, { method: 'POST' });
      void queries.invalidateQueries({ queryKey: sessionKeys.all });
      await navigate({ to: '/sessions/$sessionId', params: { sessionId: String(id) } });
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      atWork.current = false;
      setBusy(false);
    }
  }
  function goOn(): void {
    if (profile) return void copy();
    sessionStorage.setItem(wantedKey, pageId);
    goToLogin();
  }

  const member = Boolean(profile);
  useEffect(() => {
    if (!member || sessionStorage.getItem(wantedKey) !== pageId) return;
    sessionStorage.removeItem(wantedKey);
    void copy();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once, when the login is known
  }, [member, pageId]);
  return { goOn, busy, problem };
}
