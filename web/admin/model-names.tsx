import { useQuery } from '@tanstack/react-query';
import { ArrowRight, Plus, SearchX } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import type { aliasList, ModelAlias } from '#contracts/aliases.ts';
import type { z } from 'zod';
import { useProfile } from '../accounts/account-queries.ts';
import { asProblem, call, send } from '../lib/api-client.ts';
import { dayOf, sayDay } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { SettingsGroup } from '../ui/settings-list.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useRefreshAdmin } from './admin-queries.ts';
import { serverTexts } from './server-texts.ts';

const path = (name: string) => `/admin/aliases/${encodeURIComponent(name)}`;

const FIRST_ROWS = 8;

/** Names that the provider does not list, and what answers to them: shipped ones, and those of the administrators. */
export function ModelNames() {
  const t = useRouteTexts(serverTexts);
  const { t: say } = useWords();
  const [text, setText] = useState('');
  const [all, setAll] = useState(false);
  const [editing, setEditing] = useState<ModelAlias | 'new'>();
  const { data, isError, refetch } = useQuery({
    queryKey: ['admin', 'aliases'],
    queryFn: ({ signal }) => call<z.infer<typeof aliasList>>('/admin/aliases', { signal }),
  });
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const found = data?.results.filter(({ name }) => name.toLowerCase().includes(wanted)) ?? [];
  // What the administrators have set stands before what is shipped.
  const rows = found.toSorted((one, other) => Number(one.shipped) - Number(other.shipped));
  const shown = all || wanted !== '' ? rows : rows.slice(0, FIRST_ROWS);
  const add = (
    <Button onClick={() => setEditing('new')}>
      <Plus aria-hidden className="size-4" />
      {t('add')}
    </Button>
  );
  if (isError && !data) {
    const retry = <Button onClick={() => void refetch()}>{say('action.tryAgain')}</Button>;
    return <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>;
  }
  if (!data) return <div aria-hidden className="skeleton h-72 animate-late" />;
  return (
    <SettingsGroup
      title={t('names')}
      note={t('namesNote')}
      action={add}
      dialogs={<NameDialog key={dialogKey(editing)} editing={editing} onClose={() => setEditing(undefined)} />}
    >
      <li className="p-3">
        <SearchField label={t('findName')} value={text} onChange={setText} />
      </li>
      {rows.length === 0 && (
        <li>
          <EmptyState icon={SearchX} title={t('noNames')} />
        </li>
      )}
      {shown.map((alias) => (
        <NameRow key={alias.name} alias={alias} onEdit={() => setEditing(alias)} />
      ))}
      {shown.length < rows.length && (
        <li className="p-2">
          <Button look="quiet" wide onClick={() => setAll(true)}>
            {t('showAll', { n: rows.length })}
          </Button>
        </li>
      )}
    </SettingsGroup>
  );
}

const dialogKey = (editing: ModelAlias | 'new' | undefined) =>
  editing === undefined || editing === 'new' ? editing : editing.name;

function NameRow({ alias, onEdit }: { alias: ModelAlias; onEdit: () => void }) {
  const t = useRouteTexts(serverTexts);
  const { t: say } = useWords();
  const refresh = useRefreshAdmin();
  const { name, targets, shipped } = alias;
  const reset = async () => {
    try {
      await send(path(name), { method: 'DELETE' });
      await refresh();
      showToast({ kind: 'done', text: t('resetDone') });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    }
  };
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3" data-alias={name}>
      <div className="min-w-0 flex-1 basis-48 [overflow-wrap:anywhere]">
        <p>
          <code className="font-mono">{name}</code>
          {!shipped && <span className="ml-2 text-xs text-good">{t('own')}</span>}
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-2 text-soft">
          <ArrowRight aria-hidden className="size-4" />
          {targets.length > 0 ? <code className="font-mono">{targets.join(', ')}</code> : t('byDefault')}
          <Ending day={alias.shutdown_date} />
        </p>
      </div>
      <div className="flex gap-2">
        {!shipped && (
          <Button look="quiet" aria-label={t('resetName', { name })} onClick={() => void reset()}>
            {t('reset')}
          </Button>
        )}
        <Button aria-label={t('editName', { name })} onClick={onEdit}>
          {t('edit')}
        </Button>
      </div>
    </li>
  );
}

/** When the provider has ended the model, or is going to. */
function Ending({ day }: { day: string | null }) {
  const t = useRouteTexts(serverTexts);
  const { locale } = useWords();
  const now = useNow();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  if (day === null) return null;
  const when = sayDay(day, { locale, timeZone, now });
  return <span className="text-xs">{t(day <= dayOf(now, timeZone) ? 'ends' : 'endsOn', { day: when })}</span>;
}

function NameDialog({ editing, onClose }: { editing: ModelAlias | 'new' | undefined; onClose: () => void }) {
  const t = useRouteTexts(serverTexts);
  const refresh = useRefreshAdmin();
  const known = editing === 'new' ? undefined : editing;
  const save = async (values: FormData) => {
    const targets = String(values.get('targets'))
      .split(',')
      .map((target) => target.trim())
      .filter(Boolean);
    await send(path(known?.name ?? String(values.get('name')).trim()), { method: 'PUT', body: { targets } });
    await refresh();
    showToast({ kind: 'done', text: t('saved') });
  };
  return (
    <FormDialog
      open={editing !== undefined}
      onClose={onClose}
      title={known ? t('editName', { name: known.name }) : t('add')}
      action={t('save')}
      failures={{ name: t('wrong'), targets: t('wrong') }}
      onSubmit={save}
    >
      {(errorOf) => (
        <>
          {!known && (
            <TextField
              label={t('name')}
              name="name"
              required
              maxLength={200}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              error={errorOf('name')}
            />
          )}
          <TextField
            label={t('targets')}
            name="targets"
            defaultValue={known?.targets.join(', ') ?? ''}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            hint={t('targetsHint')}
            error={errorOf('targets')}
          />
        </>
      )}
    </FormDialog>
  );
}
