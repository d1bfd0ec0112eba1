import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Link2, Unlink } from 'lucide-react';
import { Suspense, useState, type ReactNode } from 'react';
import type { z } from 'zod';
import type { Snapshot, snapshotOwner } from '#contracts/snapshots.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { asProblem, call, send } from '../lib/api-client.ts';
import { sayExactly, sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { lazyPart } from '../lib/parts.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { DocsLink } from '../shell/docs-link.tsx';
import { NotFoundPage } from '../shell/not-found-page.tsx';
import { Wordmark } from '../shell/wordmark.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { publishedKey } from './given-page.ts';
import { publishedTexts } from './published-texts.ts';
import { PublishedTurn } from './published-turn.tsx';
import { useContinue } from './use-continue.ts';

// Only who is logged in has somewhere to go by a key.
const Shortcuts = lazyPart(() => import('../shell/reader-shortcuts.tsx'), 'ReaderShortcuts');
const ReportDialog = lazyPart(() => import('./report-dialog.tsx'), 'ReportDialog');

/** A copy of a conversation that somebody has published: read by everybody, changed by nobody. */
export function PublishedPage() {
  const t = useRouteTexts(publishedTexts);
  const words = useWords();
  const { pageId = '' } = useParams({ strict: false });
  const page = useQuery({
    queryKey: publishedKey(pageId),
    queryFn: ({ signal }) => call<Snapshot>(`/s/${encodeURIComponent(pageId)}`, { signal }),
  });
  if (page.data) return <Reading key={pageId} page={page.data} />;
  const status = page.isError ? asProblem(page.error).status : undefined;
  if (status === 404) return <NotFoundPage />;
  const retry = <Button onClick={() => void page.refetch()}>{words.t('action.tryAgain')}</Button>;
  return (
    <Frame title={t(status === 410 ? 'gone' : 'copy')}>
      {status === 410 ? (
        <Gone />
      ) : page.isError ? (
        <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
      ) : (
        <Skeleton />
      )}
    </Frame>
  );
}

/** The page without the navigation of the app: its name, a way in, and what there is to read. */
function Frame({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  const t = useRouteTexts(publishedTexts);
  usePageTitle(title);
  const member = useProfile();
  return (
    <div className="min-h-dvh pb-16">
      {member && (
        <Suspense>
          <Shortcuts />
        </Suspense>
      )}
      <header className="reading flex h-16 items-center justify-between gap-3">
        <Link to="/" aria-label={t('home')} className="flex rounded-sm">
          <Wordmark />
        </Link>
        {action}
      </header>
      <main id="main" tabIndex={-1} className="reading">
        {children}
      </main>
      <footer className="reading mt-8">
        <DocsLink />
      </footer>
    </div>
  );
}

function Gone() {
  const t = useRouteTexts(publishedTexts);
  const others = (
    <Link to="/sessions" className={buttonClass()}>
      {t('gallery')}
    </Link>
  );
  return (
    <>
      <h1 className="sr-only">{t('gone')}</h1>
      <EmptyState icon={Unlink} title={t('gone')} text={t('goneNote')} action={others} />
    </>
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="animate-late space-y-6 pt-4">
      <div className="skeleton h-8 w-2/3" />
      <div className="skeleton ml-auto h-12 w-2/5 rounded-lg" />
      <div className="skeleton h-40 w-full" />
    </div>
  );
}

function Reading({ page }: { page: Snapshot }) {
  const t = useRouteTexts(publishedTexts);
  const [reporting, setReporting] = useState(false);
  const { goOn, busy, problem } = useContinue(page.id);
  const copyLink = async () => {
    await navigator.clipboard.writeText(location.origin + location.pathname);
    showToast({ kind: 'done', text: t('copied') });
  };
  const share = (
    <Button look="quiet" className="-mr-4" onClick={() => void copyLink()}>
      <Link2 aria-hidden className="size-4" />
      {t('copyLink')}
    </Button>
  );
  return (
    <Frame title={page.title} action={share}>
      <OwnPage page={page} />
      <h1 className="pt-2 text-xl text-balance">{page.title}</h1>
      <Origin page={page} />
      <div className="divide-y divide-line">
        {page.turns.map((turn, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- a copy keeps its order
          <PublishedTurn key={index} turn={turn} />
        ))}
      </div>
      <div className="mt-6 rounded-lg bg-sunken p-4 md:p-6">
        {problem && <ErrorNotice problem={problem} />}
        <div className="flex flex-wrap items-center justify-between gap-4">
          <p className="flex-1 basis-56 text-soft">{t('goOnNote')}</p>
          <Button look="primary" busy={busy} onClick={goOn}>
            {t('goOn')}
          </Button>
        </div>
      </div>
      <Button look="quiet" className="mt-4 -ml-4 text-soft" onClick={() => setReporting(true)}>
        {t('report')}
      </Button>
      {reporting && (
        <Suspense>
          <ReportDialog pageId={page.id} onClose={() => setReporting(false)} />
        </Suspense>
      )}
    </Frame>
  );
}

function Origin({ page }: { page: Snapshot }) {
  const t = useRouteTexts(publishedTexts);
  const { t: word, locale } = useWords();
  const now = useNow();
  const at = Date.parse(page.updated_at);
  const timeZone = 'Asia/Seoul';
  return (
    <p className="mt-2 flex flex-wrap gap-x-3 text-soft">
      <span>{page.author ?? t('anonymous')}</span>
      <time dateTime={page.updated_at} title={sayExactly(at, { locale, timeZone })}>
        {t('published', { when: sayWhen(at, { locale, timeZone, now }, word('time.now')) })}
      </time>
    </p>
  );
}

/** What only the author of a page sees. */
function OwnPage({ page }: { page: Snapshot }) {
  const t = useRouteTexts(publishedTexts);
  const { t: word } = useWords();
  const queries = useQueryClient();
  const member = Boolean(useProfile());
  const own = useQuery({
    queryKey: [...publishedKey(page.id), 'own'],
    queryFn: ({ signal }) => call<z.infer<typeof snapshotOwner>>(`/s/${page.id}/own`, { signal }),
    enabled: member,
  });
  if (!own.data?.mine) return null;
  const revoke = async () => {
    try {
      await send(`/s/${page.id}`, { method: 'DELETE' });
      showToast({ kind: 'done', text: t('revoked') });
      await queries.resetQueries({ queryKey: publishedKey(page.id), exact: true });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), word) });
    }
  };
  const { session_id: sessionId } = own.data;
  return (
    <div className="mb-6 flex flex-wrap items-center gap-x-2 gap-y-1 rounded-md bg-glow py-1.5 pr-1.5 pl-4">
      <p className="flex-1 basis-40">{t('own')}</p>
      {sessionId !== null && (
        <Link to="/sessions/$sessionId" params={{ sessionId: String(sessionId) }} className={buttonClass('quiet')}>
          {t('toChat')}
        </Link>
      )}
      <Button look="quiet" onClick={() => void revoke()}>
        {t('revoke')}
      </Button>
    </div>
  );
}
