import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import type { Session } from '#contracts/sessions.ts';
import type { Snapshot, SnapshotBody, snapshotPage, SnapshotRow } from '#contracts/snapshots.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { asProblem, call, send } from '../lib/api-client.ts';
import { sayExactly } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { Check } from '../ui/check.tsx';
import { Choices } from '../ui/choices.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { PublishPreview } from './publish-preview.tsx';
import { sessionKeys } from './session-queries.ts';
import { shareTexts } from './share-texts.ts';

interface ShareDialogProps {
  sessionId: number;
  onChange?: (session: Session) => void;
  onClose: () => void;
}

/** Two ways to let others read: the conversation itself as it goes on, or a copy of it as it is now. */
export function ShareDialog({ sessionId, onChange, onClose }: ShareDialogProps) {
  const t = useRouteTexts(shareTexts);
  const { t: word } = useWords();
  const session = useQuery({
    queryKey: [...sessionKeys.all, sessionId],
    queryFn: ({ signal }) => call<Session>(`/sessions/${sessionId}`, { signal }),
    staleTime: 0,
  });
  const pages = useQuery({
    queryKey: [...sessionKeys.all, sessionId, 'pages'],
    queryFn: ({ signal }) =>
      call<z.infer<typeof snapshotPage>>(`/sessions/${sessionId}/snapshots?per_page=100`, { signal }),
    staleTime: 0,
  });
  const page = pages.data?.results.find(({ state }) => state === 'open');
  const retry = (
    <Button onClick={() => void Promise.all([session.refetch(), pages.refetch()])}>{word('action.tryAgain')}</Button>
  );
  return (
    <Dialog open title={t('title')} onClose={onClose}>
      {session.data && pages.data ? (
        <>
          <Visibility session={session.data} onChange={onChange} />
          <hr className="my-6 border-line" />
          <Publishing key={page?.id} session={session.data} page={page} />
        </>
      ) : session.isError || pages.isError ? (
        <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
      ) : (
        <div aria-hidden className="skeleton h-64 animate-late" />
      )}
    </Dialog>
  );
}

/** Runs a change, shows everything anew, and says what went wrong where something did. */
function useChange(sessionId: number) {
  const { t: word } = useWords();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const run = async (change: () => Promise<unknown>, done?: string) => {
    if (busy) return;
    setBusy(true);
    try {
      await change();
      await queries.invalidateQueries({ queryKey: [...sessionKeys.all, sessionId] });
      void queries.invalidateQueries({ queryKey: sessionKeys.all });
      if (done) showToast({ kind: 'done', text: done });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), word) });
    } finally {
      setBusy(false);
    }
  };
  return { run, busy };
}

function Visibility({ session, onChange }: { session: Session; onChange: ShareDialogProps['onChange'] | undefined }) {
  const t = useRouteTexts(shareTexts);
  const { run, busy } = useChange(session.id);
  const [wanted, setWanted] = useState(session.visibility);
  // While it is being saved, the choice shows already; a refused one goes back.
  const shown = busy ? wanted : session.visibility;
  const change = (visibility: Session['visibility']) => {
    setWanted(visibility);
    void run(async () =>
      onChange?.(await call<Session>(`/sessions/${session.id}`, { method: 'PATCH', body: { visibility } })),
    );
  };
  return (
    <>
      <Choices
        legend={t('visibility')}
        options={(['private', 'public'] as const).map((value) => ({ value, label: t(value) }))}
        value={shown}
        onChange={change}
      />
      <p className="mt-2 text-soft">{t(shown === 'public' ? 'publicNote' : 'privateNote')}</p>
    </>
  );
}

const DAY_MS = 24 * 60 * 60 * 1_000;
type Ends = 'keep' | 'never' | '7' | '30';

function endOf(ends: Exclude<Ends, 'keep'>): string | null {
  return ends === 'never' ? null : new Date(Date.now() + Number(ends) * DAY_MS).toISOString();
}

function Publishing({ session, page }: { session: Session; page: SnapshotRow | undefined }) {
  const t = useRouteTexts(shareTexts);
  const [title, setTitle] = useState(page?.title ?? session.title);
  const [anonymous, setAnonymous] = useState(page ? page.author === null : false);
  const [listed, setListed] = useState(page?.listed ?? false);
  const [ends, setEnds] = useState<Ends>(page ? 'keep' : 'never');
  const { run, busy } = useChange(session.id);
  const profile = useProfile();
  const wanted = (): SnapshotBody => ({
    ...(title.trim() ? { title: title.trim() } : {}),
    anonymous,
    listed,
    ...(ends === 'keep' ? {} : { expires_at: endOf(ends) }),
  });
  const publish = () =>
    void run(async () => {
      const { url } = await call<Snapshot>(`/sessions/${session.id}/snapshots`, { method: 'POST', body: wanted() });
      // Where the browser keeps the clipboard to itself, the link stands in the dialog.
      await navigator.clipboard.writeText(url).then(
        () => showToast({ kind: 'done', text: t('copied') }),
        () => {},
      );
    });
  const update = () => void run(() => send(`/s/${page!.id}`, { method: 'PUT', body: wanted() }), t('updated'));
  const revoke = () => void run(() => send(`/s/${page!.id}`, { method: 'DELETE' }), t('revoked'));
  return (
    <section aria-labelledby="publishing">
      <h3 id="publishing" className="text-sm">
        {t('page')}
      </h3>
      <p className="mt-1 text-soft">{t('warn')}</p>
      {page && <PublishedLink page={page} />}
      <div className="mt-4 space-y-4">
        <TextField
          label={t('pageTitle')}
          value={title}
          maxLength={200}
          onChange={({ target }) => setTitle(target.value)}
        />
        <Check label={t('anonymous')} checked={anonymous} onChange={setAnonymous} />
        <Check label={t('listed')} checked={listed} onChange={setListed} />
        <Choices
          legend={t('ends')}
          options={(page ? (['keep', 'never', '7', '30'] as const) : (['never', '7', '30'] as const)).map((value) => ({
            value,
            label: t(`ends.${value}`),
          }))}
          value={ends}
          onChange={setEnds}
        />
      </div>
      <PublishPreview
        title={title.trim() || (page?.title ?? session.title)}
        author={anonymous ? null : (profile?.nickname ?? null)}
        prompts={session.prompts}
      />
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        {page && (
          <Button look="quiet" className="mr-auto -ml-4 text-alarm!" onClick={revoke}>
            {t('revoke')}
          </Button>
        )}
        <Button look="primary" busy={busy} onClick={page ? update : publish}>
          {t(page ? 'update' : 'publish')}
        </Button>
      </div>
    </section>
  );
}

function PublishedLink({ page }: { page: SnapshotRow }) {
  const t = useRouteTexts(shareTexts);
  const { locale } = useWords();
  const copy = async () => {
    await navigator.clipboard.writeText(page.url);
    showToast({ kind: 'done', text: t('copied') });
  };
  return (
    <div className="mt-4 rounded-md bg-sunken p-4">
      <p>{t('published')}</p>
      {page.expires_at && (
        <p className="mt-1 text-soft">
          {t('until', { when: sayExactly(Date.parse(page.expires_at), { locale, timeZone: 'Asia/Seoul' }) })}
        </p>
      )}
      <input
        readOnly
        aria-label={t('link')}
        value={page.url}
        onFocus={({ target }) => target.select()}
        className="mt-3 block h-10 w-full rounded-md border border-edge bg-raised px-3 text-base md:text-sm"
      />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button onClick={() => void copy()}>{t('copyLink')}</Button>
        <a href={page.url} target="_blank" rel="noopener" className={buttonClass('quiet')}>
          {t('open')}
        </a>
      </div>
    </div>
  );
}
