import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Bot } from '#contracts/bots.ts';
import type { Session } from '#contracts/sessions.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { botQuery } from '../bots/bot-queries.ts';
import { asProblem, call } from '../lib/api-client.ts';
import { drafts, type DraftOwner } from '../lib/drafts.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Page } from '../shell/page.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { draftOfSession, emptyDraft, hasAnswers, readDraft, type GuidedDraft } from './guided-draft.ts';
import { GuidedStep } from './guided-step.tsx';
import { GuidedSummary } from './guided-summary.tsx';
import { guidedTexts } from './guided-texts.ts';
import { sessionKeys } from './session-queries.ts';

/** Questions first, then one answer: the model is asked only when the summary is confirmed. */
export function GuidedPage() {
  const t = useRouteTexts(guidedTexts);
  const words = useWords();
  const { bot: slug = 'planner', session: sessionId } = useSearch({ strict: false });
  const bot = useQuery(botQuery(slug));
  const profile = useProfile();
  const session = useStoredSession(sessionId);
  if (bot.isError || session.isError) {
    const missing = asProblem(bot.error ?? session.error).status === 404;
    const retry = (
      <Button onClick={() => void Promise.all([bot.refetch(), session.refetch()])}>{words.t('action.tryAgain')}</Button>
    );
    return (
      <Page title={t('title')}>
        {missing ? (
          <EmptyState icon={SearchX} title={t('missing')} />
        ) : (
          <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
        )}
      </Page>
    );
  }
  if (!bot.data || profile === undefined || session.isLoading) {
    return (
      <Page title={t('title')}>
        <div aria-hidden className="animate-late space-y-4">
          <div className="skeleton h-6 w-3/4" />
          <div className="skeleton h-32 w-full" />
        </div>
      </Page>
    );
  }
  if (bot.data.intake.length === 0) {
    const go = (
      <Link to="/bots/$slug" params={{ slug }} className={buttonClass('primary')}>
        {t('toBot')}
      </Link>
    );
    return (
      <Page title={bot.data.name}>
        <EmptyState icon={SearchX} title={t('noIntake')} action={go} />
      </Page>
    );
  }
  return <Guided key={`${slug}:${profile?.id}`} bot={bot.data} owner={profile?.id ?? 'guest'} stored={session.data} />;
}

/** A session whose answers are stored and not asked yet; one that was asked is shown as the conversation it is. */
function useStoredSession(sessionId: string | undefined) {
  const navigate = useNavigate();
  const session = useQuery({
    queryKey: [...sessionKeys.all, Number(sessionId)],
    queryFn: ({ signal }) => call<Session>(`/sessions/${sessionId}`, { signal }),
    enabled: sessionId !== undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const asked = session.data && (session.data.status === 'open' || !session.data.mine);
  useEffect(() => {
    if (asked && sessionId) void navigate({ to: '/sessions/$sessionId', params: { sessionId }, replace: true });
  }, [asked, sessionId, navigate]);
  return session;
}

interface GuidedProps {
  bot: Bot;
  owner: DraftOwner;
  /** Where the answers are stored already. */
  stored: Session | undefined;
}

function Guided({ bot, owner, stored }: GuidedProps) {
  const t = useRouteTexts(guidedTexts);
  const place = stored ? `guided:${bot.slug}:${stored.id}` : `guided:${bot.slug}`;
  const [found] = useState(() => {
    const kept = readDraft(drafts.read(owner, place), bot.intake);
    // What was typed here since is newer than what is stored.
    return stored && !kept.draft ? draftOfSession(stored, bot.intake) : kept;
  });
  const [draft, setDraft] = useState<GuidedDraft>(found.draft ?? emptyDraft(bot.intake));
  const [asking, setAsking] = useState(!stored && found.draft !== undefined && hasAnswers(found.draft));
  const change = (next: GuidedDraft) => {
    setDraft(next);
    setAsking(false);
    drafts.save(owner, place, JSON.stringify(next));
  };
  const question = bot.intake[draft.step];
  return (
    <Page title={bot.name} lead={bot.greeting}>
      {found.changed && <output className="mb-6 block text-soft">{t('changed')}</output>}
      {asking && (
        <output className="mb-6 flex flex-wrap items-center gap-3 rounded-md bg-sunken px-4 py-2.5">
          <span className="flex-1 basis-48">{t('resumed')}</span>
          <Button look="quiet" onClick={() => change(emptyDraft(bot.intake))}>
            {t('again')}
          </Button>
          <Button onClick={() => setAsking(false)}>{t('goOn')}</Button>
        </output>
      )}
      {question ? (
        <GuidedStep key={draft.step} intake={bot.intake} draft={draft} onChange={change} />
      ) : (
        <GuidedSummary bot={bot} draft={draft} onChange={change} onAsked={() => drafts.clear(owner, place)} />
      )}
    </Page>
  );
}
