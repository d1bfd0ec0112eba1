import { useInfiniteQuery } from '@tanstack/react-query';
import { BookOpen, Download, Plus } from 'lucide-react';
import { useState } from 'react';
import type { ApiKey } from '#contracts/keys.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { useNeedsLogin } from '../accounts/go-to-login.ts';
import { apiAddress } from '../lib/api-address.ts';
import { sayDay, sayWhen, dayOf } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Page } from '../shell/page.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { AlertsSection } from './alerts-section.tsx';
import { FirstSteps } from './first-steps.tsx';
import { KeyFields, readKeyForm } from './key-form.tsx';
import { changeKey, createKey, keysQuery, revokeKey, useRefreshKeys, type NewKey } from './key-queries.ts';
import { keyTexts } from './key-texts.ts';
import { NewKeyDialog } from './new-key-dialog.tsx';

type Doing = { what: 'create' } | { what: 'edit' | 'revoke'; row: ApiKey };

export function KeysPage() {
  const t = useRouteTexts(keyTexts);
  const { t: say } = useWords();
  const [doing, setDoing] = useState<Doing>();
  const [made, setMade] = useState<NewKey>();
  const profile = useProfile();
  useNeedsLogin();
  const create = (
    <Button look="primary" local onClick={() => setDoing({ what: 'create' })}>
      <Plus aria-hidden className="size-4" />
      {t('create')}
    </Button>
  );
  return (
    <Page title={t('title')} lead={t('lead')} action={create}>
      <KeyList onDo={setDoing} />
      <div className="mt-6 -ml-4 flex flex-wrap">
        <a href={`${apiAddress()}/docs`} className={buttonClass('quiet')}>
          <BookOpen aria-hidden className="size-4 text-soft" />
          {say('nav.docs')}
        </a>
        <a href={`${apiAddress()}/openapi.json`} download className={buttonClass('quiet')}>
          <Download aria-hidden className="size-4 text-soft" />
          {t('openapi')}
        </a>
      </div>
      {profile && <AlertsSection />}
      <KeyDialog doing={doing} onClose={() => setDoing(undefined)} onMade={setMade} />
      <NewKeyDialog made={made} onClose={() => setMade(undefined)} />
    </Page>
  );
}

function KeyList({ onDo }: { onDo: (doing: Doing) => void }) {
  const t = useRouteTexts(keyTexts);
  const { t: say } = useWords();
  const list = useInfiniteQuery({ ...keysQuery, enabled: Boolean(useProfile()) });
  if (list.isError && !list.data) {
    const retry = <Button onClick={() => void list.refetch()}>{say('action.tryAgain')}</Button>;
    return <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>;
  }
  if (!list.data) return <div aria-hidden className="skeleton h-40 animate-late" />;
  if (list.data.length === 0) return <FirstSteps empty />;
  return (
    <>
      <ul className="divide-y divide-line rounded-lg border border-line bg-raised">
        {list.data.map((row) => (
          <KeyRow key={row.id} row={row} onDo={onDo} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button look="quiet" className="mt-4" onClick={() => void list.fetchNextPage()}>
          {t('all')}
        </Button>
      )}
      <FirstSteps empty={false} />
    </>
  );
}

function KeyRow({ row, onDo }: { row: ApiKey; onDo: (doing: Doing) => void }) {
  const t = useRouteTexts(keyTexts);
  const { t: say, locale } = useWords();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const now = useNow();
  const style = { locale, timeZone, now };
  const when = (instant: string) => sayWhen(Date.parse(instant), style, say('time.now'));
  const limits = limitsOf(row);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 px-4 py-4" data-key-row>
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium">
          {row.name}
          <code className="ml-2 font-mono text-xs font-normal text-soft">{row.shown}</code>
        </p>
        <p className="mt-0.5 text-soft">
          {t('created', { when: when(row.created_at) })} ·{' '}
          {row.last_used_at ? t('used', { when: when(row.last_used_at) }) : t('neverUsed')}
        </p>
        <p className="mt-1.5 flex flex-wrap gap-1.5 text-xs">
          {limits.map(([name, values]) => (
            <span key={name} className="rounded-sm bg-sunken px-2 py-0.5">
              {t(name, values)}
            </span>
          ))}
          {row.expires_at && (
            <span className="rounded-sm bg-sunken px-2 py-0.5">
              {Date.parse(row.expires_at) < now
                ? t('expired')
                : t('expires', { when: sayDay(dayOf(Date.parse(row.expires_at), timeZone), style) })}
            </span>
          )}
          {limits.length === 0 && !row.expires_at && <span className="text-soft">{t('noLimits')}</span>}
        </p>
      </div>
      <div className="flex gap-2">
        <Button aria-label={t('editKey', { name: row.name })} onClick={() => onDo({ what: 'edit', row })}>
          {t('edit')}
        </Button>
        <Button
          look="warning"
          aria-label={t('revokeKey', { name: row.name })}
          onClick={() => onDo({ what: 'revoke', row })}
        >
          {t('revoke')}
        </Button>
      </div>
    </li>
  );
}

type Limit = ['requests' | 'tokens' | 'budget' | 'models' | 'cache', Record<string, string | number>];

function limitsOf(row: ApiKey): Limit[] {
  const limits: (Limit | undefined)[] = [
    row.daily_requests === null ? undefined : ['requests', { n: row.daily_requests.toLocaleString() }],
    row.tokens_per_minute === null ? undefined : ['tokens', { n: row.tokens_per_minute.toLocaleString() }],
    row.monthly_budget_usd === null
      ? undefined
      : ['budget', { spent: (row.spent_usd ?? 0).toFixed(2), limit: row.monthly_budget_usd }],
    row.models === null ? undefined : ['models', { n: row.models.length }],
    row.response_cache === 'off' ? undefined : ['cache', {}],
  ];
  return limits.filter((limit) => limit !== undefined);
}

interface KeyDialogProps {
  doing: Doing | undefined;
  onClose: () => void;
  onMade: (key: NewKey) => void;
}

function KeyDialog({ doing, onClose, onMade }: KeyDialogProps) {
  const t = useRouteTexts(keyTexts);
  const refresh = useRefreshKeys();
  const row = doing && 'row' in doing ? doing.row : undefined;
  const fields = ['name', 'models', 'daily_requests', 'tokens_per_minute', 'monthly_budget_usd'];
  const failures = { ...Object.fromEntries(fields.map((name) => [name, t('wrong')])), expires_at: t('wrongDate') };

  const submit = async (values: FormData) => {
    if (doing?.what === 'revoke') await revokeKey(row!.id);
    else if (row) await changeKey(row.id, readKeyForm(values));
    else onMade(await createKey(readKeyForm(values)));
    await refresh();
    if (row) showToast({ kind: 'done', text: t(doing?.what === 'revoke' ? 'revoked' : 'saved') });
  };

  if (doing?.what === 'revoke') {
    const title = t('revokeKey', { name: row!.name });
    return (
      <FormDialog
        open
        onClose={onClose}
        title={title}
        note={t('revokeNote')}
        action={t('revoke')}
        danger
        onSubmit={submit}
      />
    );
  }
  return (
    <FormDialog
      open={doing !== undefined}
      onClose={onClose}
      title={row ? t('editKey', { name: row.name }) : t('create')}
      action={t(row ? 'save' : 'create')}
      failures={failures}
      onSubmit={submit}
    >
      {(errorOf) => <KeyFields row={row} errorOf={errorOf} />}
    </FormDialog>
  );
}
