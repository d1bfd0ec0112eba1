import { useState } from 'react';
import { send } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { saveFile } from '../lib/save-file.ts';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { TextField } from '../ui/text-field.tsx';
import { confirmationOf, CurrentPassword, useConfirmationFailures } from './password-field.tsx';
import { profileTexts } from './profile-texts.ts';
import type { Security } from './security-queries.ts';

/** Taking everything along, and leaving. */
export function OwnDataSection({ security }: { security: Security }) {
  const t = useRouteTexts(profileTexts);
  const { t: say } = useWords();
  const [busy, setBusy] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const failures = useConfirmationFailures();

  const download = async () => {
    setBusy(true);
    await saveFile('/accounts/export', 'daesa-export.zip', say);
    setBusy(false);
  };
  const leave = async (values: FormData) => {
    const body = { ...confirmationOf(values), keep_published: values.get('keep_published') !== null };
    await send('/accounts/profile', { method: 'DELETE', body });
    location.assign(import.meta.env.BASE_URL);
    return false;
  };

  return (
    <SettingsGroup
      title={t('data')}
      dialogs={
        <>
          <FormDialog
            open={leaving}
            onClose={() => setLeaving(false)}
            title={t('deletion')}
            note={t('deletionGoes')}
            action={t('deleteAccount')}
            danger
            failures={failures}
            onSubmit={leave}
          >
            {(errorOf) => (
              <>
                <label className="flex min-h-9 items-center gap-3">
                  <input type="checkbox" name="keep_published" className="size-4 accent-ember" />
                  {t('keepPublished')}
                </label>
                <CurrentPassword asked={security.has_password} error={errorOf('current_password')} />
                <TextField
                  label={t('deletionType', { word: t('deletionWord') })}
                  name="word"
                  autoComplete="off"
                  required
                  pattern={t('deletionWord')}
                />
              </>
            )}
          </FormDialog>
        </>
      }
    >
      <Setting label={t('export')} value={t('exportNote')}>
        <Button busy={busy} onClick={() => void download()}>
          {t('download')}
        </Button>
      </Setting>
      <Setting label={t('deletion')} value={t('deletionNote')}>
        <Button look="warning" onClick={() => setLeaving(true)}>
          {t('deleteAccount')}
        </Button>
      </Setting>
    </SettingsGroup>
  );
}
