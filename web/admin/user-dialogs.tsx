import { useEffect, useRef } from 'react';
import type { z } from 'zod';
import type { ManagedUser, managedUserChange } from '#contracts/admin.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { asProblem, call, send } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useRefreshAdmin } from './admin-queries.ts';
import { adminTexts } from './admin-texts.ts';

export interface Managing {
  user: ManagedUser;
  what: 'edit' | 'delete';
}

interface UserDialogsProps {
  managing: Managing | undefined;
  onChange: (managing: Managing | undefined) => void;
}

/** Changing somebody's account, and deleting it by typing whose it is. */
export function UserDialogs({ managing, onChange }: UserDialogsProps) {
  const t = useRouteTexts(adminTexts);
  const { t: say } = useWords();
  const refresh = useRefreshAdmin();
  const close = () => onChange(undefined);
  const user = managing?.user;
  const failures = {
    daily_limit: t('wrong'),
    last_administrator: t('lastAdministrator'),
    conflict: t('stale'),
  };

  const reload = async () => onChange({ user: await call<ManagedUser>(`/admin/users/${user!.id}`), what: 'edit' });
  const change = async (values: FormData) => {
    try {
      await call(`/admin/users/${user!.id}`, { method: 'PUT', body: readChange(values, user!) });
    } catch (error) {
      // What is shown is old: the next try starts from what is there now.
      if (asProblem(error).code === 'conflict') await Promise.all([refresh(), reload()]);
      throw error;
    }
    await refresh();
    showToast({ kind: 'done', text: t('saved') });
  };
  const logOut = async () => {
    try {
      await send(`/admin/users/${user!.id}/logins`, { method: 'DELETE' });
      showToast({ kind: 'done', text: t('loggedOut') });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    }
  };
  const remove = async () => {
    await send(`/admin/users/${user!.id}`, { method: 'DELETE' });
    await refresh();
    showToast({ kind: 'done', text: t('deleted') });
  };

  return (
    <>
      <FormDialog
        open={managing?.what === 'edit'}
        onClose={close}
        title={user ? t('editUser', { name: user.nickname }) : ''}
        action={t('save')}
        failures={failures}
        onSubmit={change}
      >
        {(errorOf) =>
          user && (
            <Fields
              key={user.revision}
              user={user}
              errorOf={errorOf}
              onLogOut={() => void logOut()}
              onDelete={() => onChange({ user, what: 'delete' })}
            />
          )
        }
      </FormDialog>
      <FormDialog
        open={managing?.what === 'delete'}
        onClose={close}
        title={user ? t('deleteTitle', { name: user.nickname }) : ''}
        note={t('deleteNote')}
        action={t('deleteUser')}
        danger
        failures={failures}
        onSubmit={remove}
      >
        {() => user && <NameToType name={user.nickname} />}
      </FormDialog>
    </>
  );
}

function readChange(values: FormData, user: ManagedUser): z.infer<typeof managedUserChange> {
  const limit = String(values.get('daily_limit')).trim();
  const role = values.get('role') as ManagedUser['role'] | null;
  return {
    daily_limit: limit === '' ? null : Number(limit),
    blocked: values.get('blocked') !== null,
    // Nobody is asked for their own.
    ...(role ? { role } : {}),
    revision: user.revision,
  };
}

interface FieldsProps {
  user: ManagedUser;
  errorOf: (name: string) => string | undefined;
  onLogOut: () => void;
  onDelete: () => void;
}

function Fields({ user, errorOf, onLogOut, onDelete }: FieldsProps) {
  const t = useRouteTexts(adminTexts);
  const isMe = useProfile()?.id === user.id;
  const first = useRef<HTMLInputElement>(null);
  // Fields that were loaded anew take over the focus of those before them.
  useEffect(() => {
    if (document.activeElement === document.body) first.current?.focus();
  }, []);
  return (
    <>
      <TextField
        ref={first}
        label={t('limit')}
        name="daily_limit"
        type="number"
        min={-1}
        step={1}
        defaultValue={user.daily_limit ?? ''}
        hint={t('limitHint')}
        error={errorOf('daily_limit')}
      />
      {isMe ? (
        <p className="text-soft">{t('ownRole')}</p>
      ) : (
        <>
          <label className="block">
            <span className="mb-1.5 block font-medium">{t('role')}</span>
            <select
              name="role"
              defaultValue={user.role}
              className="h-11 w-full rounded-md border border-edge bg-raised px-3 text-base"
            >
              <option value="member">{t('role.member')}</option>
              <option value="administrator">{t('role.administrator')}</option>
            </select>
          </label>
          <div>
            <label className="flex min-h-9 items-center gap-3 font-medium">
              <input type="checkbox" name="blocked" defaultChecked={user.blocked} className="size-4 accent-ember" />
              {t('isBlocked')}
            </label>
            <p className="text-xs text-soft">{t('blockedHint')}</p>
          </div>
          <div className="flex flex-wrap gap-2">
            <Button onClick={onLogOut}>{t('logOutUser')}</Button>
            <Button look="warning" onClick={onDelete}>
              {t('deleteUser')}
            </Button>
          </div>
        </>
      )}
    </>
  );
}

/** Deleting names its object: a click too many deletes nobody. */
function NameToType({ name }: { name: string }) {
  const t = useRouteTexts(adminTexts);
  const check = (field: HTMLInputElement) =>
    field.setCustomValidity(field.value.trim() === name ? '' : t('deleteType', { name }));
  return (
    <TextField
      label={t('deleteType', { name })}
      name="nickname"
      autoComplete="off"
      required
      onInput={({ currentTarget }) => check(currentTarget)}
    />
  );
}
