import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { useRef, useState } from 'react';
import type { Bot } from '#contracts/bots.ts';
import type { Session } from '#contracts/sessions.ts';
import { accountKeys, useProfile, useQuota } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { lightenLong } from '../chat/fit-field.ts';
import { QuotaCard, QuotaChip } from '../chat/quota.tsx';
import { asProblem, call, send, type ApiProblem } from '../lib/api-client.ts';
import { drafts } from '../lib/drafts.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { createSendKey } from '../lib/send-key.ts';
import { enterSends } from '../lib/touch.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { RequestLink } from '../quotes/request-link.tsx';
import { sessionKeys } from '../sessions/session-queries.ts';
import { Page } from '../shell/page.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { botQuery } from './bot-queries.ts';
import { botTexts } from './bot-texts.ts';

export function BotPage() {
  const t = useRouteTexts(botTexts);
  const words = useWords();
  const { slug = '' } = useParams({ strict: false });
  const bot = useQuery(botQuery(slug));
  const profile = useProfile();
  if (bot.isError) {
    const retry = <Button onClick={() => void bot.refetch()}>{words.t('action.tryAgain')}</Button>;
    const all = (
      <Link to="/bots" className={buttonClass()}>
        {t('all')}
      </Link>
    );
    return (
      <Page title={t('title')}>
        {asProblem(bot.error).status === 404 ? (
          <EmptyState icon={SearchX} title={t('missing')} action={all} />
        ) : (
          <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
        )}
      </Page>
    );
  }
  if (!bot.data || profile === undefined) {
    return (
      <Page title={t('title')}>
        <div aria-hidden className="skeleton h-48 animate-late" />
      </Page>
    );
  }
  const edit = profile?.role === 'administrator' && (
    <Link to="/bots/$slug/edit" params={{ slug }} className={buttonClass()}>
      {t('edit')}
    </Link>
  );
  return (
    <Page title={bot.data.name} lead={bot.data.description} action={edit}>
      {bot.data.intake.length > 0 ? (
        <Link to="/sessions/new" search={{ bot: slug }} className={buttonClass('primary')}>
          {t('start')}
        </Link>
      ) : (
        <AskBot key={`${slug}:${profile?.id}`} bot={bot.data} />
      )}
    </Page>
  );
}

function AskBot({ bot }: { bot: Bot }) {
  const t = useRouteTexts(botTexts);
  const profile = useProfile();
  const owner = profile?.id ?? 'guest';
  const place = `bot:${bot.slug}`;
  const [text, setText] = useState(() => drafts.read(owner, place));
  const field = useRef<HTMLTextAreaElement>(null);
  const goToLogin = useGoToLogin();
  const empty = useQuota()?.remaining === 0;
  const { ask, busy, problem } = useFirstQuestion(bot.slug, () => drafts.clear(owner, place));
  const write = (next: string) => {
    setText(next);
    drafts.save(owner, place, next);
  };
  const submit = (question: string) => {
    if (question.trim() === '' || busy || empty) return;
    if (profile === null) return goToLogin();
    void ask(question.trim());
  };
  const press = useKoreanEnter(field, { submit, enterSends });
  return (
    <>
      {bot.greeting && <p className="mb-4 text-base">{bot.greeting}</p>}
      {bot.starters.length > 0 && (
        <ul aria-label={t('starters')} className="mb-6 flex flex-wrap gap-2">
          {bot.starters.map((starter) => (
            <li key={starter}>
              <Button onClick={() => (write(starter), field.current?.focus())}>{starter}</Button>
            </li>
          ))}
        </ul>
      )}
      {problem && <ErrorNotice problem={problem} />}
      <QuotaCard id="bot-quota" />
      <TextArea
        ref={field}
        label={t('question')}
        value={text}
        onPaste={({ currentTarget, clipboardData }) =>
          lightenLong(currentTarget, currentTarget.value.length + clipboardData.getData('text/plain').length)
        }
        onChange={({ target }) => {
          write(target.value);
          lightenLong(target, target.value.length);
        }}
        hint={bot.default_visibility === 'public' ? t('isPublic') : undefined}
      />
      <div className="mt-4 flex items-center justify-between gap-4">
        <QuotaChip />
        <Button
          look="primary"
          busy={busy}
          disabled={empty || text.trim() === ''}
          aria-describedby={empty ? 'bot-quota' : undefined}
          onClick={press}
        >
          {t(profile === null ? 'login' : 'ask')}
        </Button>
      </div>
      {bot.reads_quotes && <QuoteNotes text={text} />}
    </>
  );
}

/** What the bot knows of the request board. */
function QuoteNotes({ text }: { text: string }) {
  const t = useRouteTexts(botTexts);
  const applied = useQuery({
    queryKey: ['quotes', 'applied-count'],
    queryFn: ({ signal }) => call<{ count: number }>('/quote?status=applied&per_page=5', { signal }),
  });
  return (
    <div className="mt-10 space-y-1 text-soft">
      {applied.data && <p>{t('quotes', { n: applied.data.count })}</p>}
      <p>{t('copyright')}</p>
      <RequestLink text={text}>{t('request')}</RequestLink>
    </div>
  );
}

/** Opens a conversation with the bot by its first question. Tried again, it uses the same one, and asks once. */
function useFirstQuestion(slug: string, onAsked: () => void) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const opened = useRef<number>(undefined);
  const [sendKey] = useState(createSendKey);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const ask = async (content: string) => {
    setBusy(true);
    setProblem(undefined);
    try {
      opened.current ??= (await call<Session>('/sessions', { method: 'POST', body: { bot: slug } })).id;
      const id = opened.current;
      const headers = { 'idempotency-key': sendKey.of(content) };
      await send(`/sessions/${id}/prompts`, { method: 'POST', body: { content, stream: true }, headers });
      onAsked();
      void queries.invalidateQueries({ queryKey: sessionKeys.all });
      void queries.invalidateQueries({ queryKey: accountKeys.profile });
      await navigate({ to: '/sessions/$sessionId', params: { sessionId: String(id) } });
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return { ask, busy, problem };
}
