import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Bot } from '#contracts/bots.ts';
import { accountKeys, useProfile, useQuota } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { QuotaCard } from '../chat/quota.tsx';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { createSendKey } from '../lib/send-key.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { askGuided } from './guided-calls.ts';
import type { GuidedDraft } from './guided-draft.ts';
import { guidedTexts } from './guided-texts.ts';
import { sessionKeys } from './session-queries.ts';

interface SummaryProps {
  bot: Bot;
  draft: GuidedDraft;
  onChange: (draft: GuidedDraft) => void;
  onAsked: () => void;
}

/** All answers on one card; confirming it is what asks the model. */
export function GuidedSummary({ bot, draft, onChange, onAsked }: SummaryProps) {
  const t = useRouteTexts(guidedTexts);
  const guest = useProfile() === null;
  const goToLogin = useGoToLogin();
  const empty = useQuota()?.remaining === 0;
  const { ask, busy, problem } = useAsking({ bot, draft, onChange, onAsked });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="animate-appear">
      <h2 ref={heading} tabIndex={-1} className="mb-3 text-lg">
        {t('summary')}
      </h2>
      <dl className="divide-y divide-line rounded-lg border border-line bg-raised px-4">
        {bot.intake.map(({ question }, index) => (
          <div key={question} className="flex items-start gap-3 py-4">
            <div className="min-w-0 flex-1">
              <dt className="text-soft">{question}</dt>
              <dd className="mt-1 text-base whitespace-pre-wrap">{draft.answers[index] || t('none')}</dd>
            </div>
            <Button
              look="quiet"
              aria-label={`${t('edit')}: ${question}`}
              disabled={busy}
              onClick={() => onChange({ ...draft, step: index, reviewing: true })}
            >
              {t('edit')}
            </Button>
          </div>
        ))}
      </dl>
      <div className="mt-6 space-y-3">
        {problem && <ErrorNotice problem={problem} />}
        {bot.default_visibility === 'public' && <p className="text-soft">{t('isPublic')}</p>}
        <QuotaCard id="guided-quota" />
        {empty && <p className="text-soft">{t('tomorrow')}</p>}
        <div className="flex flex-wrap items-center justify-end gap-4">
          <span className="text-soft">{t('cost')}</span>
          <Button
            look="primary"
            busy={busy}
            disabled={empty}
            aria-describedby={empty ? 'guided-quota' : undefined}
            onClick={guest ? goToLogin : () => void ask()}
          >
            {t(guest ? 'login' : 'ask')}
          </Button>
        </div>
      </div>
    </section>
  );
}

function useAsking({ bot, draft, onChange, onAsked }: SummaryProps) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [sendKey] = useState(createSendKey);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const ask = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const id = await askGuided({
        bot: bot.slug,
        answers: draft.answers,
        known: draft.sessionId,
        onCreated: (sessionId) => onChange({ ...draft, sessionId }),
        sendKey,
      });
      onAsked();
      void queries.invalidateQueries({ queryKey: sessionKeys.all });
      void queries.invalidateQueries({ queryKey: accountKeys.profile });
      await navigate({ to: '/sessions/$sessionId', params: { sessionId: String(id) } });
    } catch (error) {
      const found = asProblem(error);
      // The session was deleted meanwhile: the next try makes another one.
      if (found.status === 404) onChange({ ...draft, sessionId: undefined });
      setProblem(found);
    } finally {
      setBusy(false);
    }
  };
  return { ask, busy, problem };
}
