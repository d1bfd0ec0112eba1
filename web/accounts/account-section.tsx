import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Profile } from '#contracts/accounts.ts';
import { asProblem, call, send } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { TextField } from '../ui/text-field.tsx';
import { accountKeys } from './account-queries.ts';
import { confirmationOf, CurrentPassword, useConfirmationFailures } from './password-field.tsx';
import { profileTexts } from './profile-texts.ts';
import { useRefreshSecurity, type Security } from './security-queries.ts';

type Field = 'nickname' | 'email' | 'password';

/** Name, address and password. */
export function AccountSection({ profile, security }: { profile: Profile; security: Security | undefined }) {
  const t = useRouteTexts(profileTexts);
  const { t: say } = useWords();
  const [editing, setEditing] = useState<Field>();
  const change = (field: Field) => (
    <Button aria-label={t(titles[field])} onClick={() => setEditing(field)}>
      {t('change')}
    </Button>
  );
  const unverified = security && profile.email !== null && !security.email_verified;
  const sendAgain = async () => {
    try {
      await send('/accounts/verify', { method: 'POST' });
      showToast({ kind: 'done', text: t('mailSent') });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    }
  };
  return (
    <SettingsGroup
      title={t('account')}
      dialogs={
        <>
          <ChangeDialog
            field={editing}
            onClose={() => setEditing(undefined)}
            profile={profile}
            hasPassword={security?.has_password ?? true}
          />
        </>
      }
    >
      <Setting label={t('name')} value={profile.nickname}>
        {change('nickname')}
      </Setting>
      <Setting
        label={t('email')}
        value={
          <>
            {profile.email ?? t('noEmail')}
            {security?.mail && profile.email && (
              <span className={`ml-2 text-xs ${unverified ? 'text-amber' : 'text-good'}`}>
                {t(unverified ? 'unverified' : 'verified')}
              </span>
            )}
          </>
        }
      >
        {unverified && security.mail && (
          <Button look="quiet" onClick={() => void sendAgain()}>
            {t('sendAgain')}
          </Button>
        )}
        {change('email')}
      </Setting>
      <Setting label={t('password')} value={security ? t(security.has_password ? 'passwordSet' : 'passwordNone') : '…'}>
        {change('password')}
      </Setting>
    </SettingsGroup>
  );
}

const titles = { nickname: 'changeName', email: 'changeEmail', password: 'changePassword' } as const;

interface ChangeDialogProps {
  field: Field | undefined;
  onClose: () => void;
  profile: Profile;
  hasPassword: boolean;
}

function ChangeDialog({ field, onClose, profile, hasPassword }: ChangeDialogProps) {
  const t = useRouteTexts(profileTexts);
  const { t: say } = useWords();
  const queries = useQueryClient();
  const refresh = useRefreshSecurity();
  const confirmation = useConfirmationFailures();
  const failures = {
    ...confirmation,
    nickname: say('auth.nicknameWrong'),
    email: say('auth.emailWrong'),
    password: say('auth.passwordWrong'),
  };
  const save = async (values: FormData) => {
    const body = { [field!]: String(values.get(field!)), ...confirmationOf(values) };
    const changed = await call<Profile>('/accounts/profile', { method: 'PUT', body });
    queries.setQueryData(accountKeys.profile, changed);
    await refresh();
    showToast({ kind: 'done', text: t('saved') });
  };
  return (
    <FormDialog
      open={field !== undefined}
      onClose={onClose}
      title={field ? t(titles[field]) : ''}
      action={t('save')}
      failures={failures}
      onSubmit={save}
      note={field === 'password' ? t('passwordNote') : undefined}
    >
      {(errorOf) => (
        <>
          {field !== 'nickname' && <CurrentPassword asked={hasPassword} error={errorOf('current_password')} />}
          {field === 'nickname' && (
            <TextField
              label={t('name')}
              name="nickname"
              autoComplete="nickname"
              defaultValue={profile.nickname}
              required
              maxLength={40}
              hint={say('auth.nicknameHint')}
              error={errorOf('nickname')}
            />
          )}
          {field === 'email' && (
            <TextField
              label={t('email')}
              name="email"
              type="email"
              autoComplete="email"
              defaultValue={profile.email ?? ''}
              required
              maxLength={254}
              error={errorOf('email')}
            />
          )}
          {field === 'password' && (
            <TextField
              label={t('newPassword')}
              name="password"
              type="password"
              autoComplete="new-password"
              required
              minLength={8}
              maxLength={256}
              hint={say('auth.passwordHint')}
              error={errorOf('password')}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
