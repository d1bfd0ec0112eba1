import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import type { alertWebhook, newAlertWebhook } from '#contracts/alerts.ts';
import { asProblem, call, send } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { TextField } from '../ui/text-field.tsx';
import { keyTexts } from './key-texts.ts';

const path = '/usage/webhook';
const queryKey = ['usage', 'webhook'];

async function readWebhook(signal: AbortSignal): Promise<z.infer<typeof alertWebhook> | null> {
  try {
    return await call<z.infer<typeof alertWebhook>>(path, { signal });
  } catch (error) {
    if (asProblem(error).code === 'not_found') return null;
    throw error;
  }
}

/** Where a program is told of budgets that are nearly spent. */
export function AlertsSection() {
  const t = useRouteTexts(keyTexts);
  const { t: say } = useWords();
  const queries = useQueryClient();
  const { data: webhook } = useQuery({ queryKey, queryFn: ({ signal }) => readWebhook(signal) });
  const [setting, setSetting] = useState(false);
  const [secret, setSecret] = useState<string>();
  if (webhook === undefined) return null;

  const set = async (values: FormData) => {
    const made = await call<z.infer<typeof newAlertWebhook>>(path, {
      method: 'PUT',
      body: { url: String(values.get('url')).trim() },
    });
    setSecret(made.secret);
    await queries.invalidateQueries({ queryKey });
  };
  const remove = async () => {
    try {
      await send(path, { method: 'DELETE' });
      await queries.invalidateQueries({ queryKey });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    }
  };

  return (
    <div className="mt-10">
      <SettingsGroup
        title={t('alerts')}
        note={t('alertsNote')}
        dialogs={
          <>
            <FormDialog
              open={setting}
              onClose={() => setSetting(false)}
              title={t('setWebhook')}
              note={t('webhookNote')}
              action={t('save')}
              failures={{ url: t('webhookWrong') }}
              onSubmit={set}
            >
              {(errorOf) => (
                <TextField
                  label={t('webhookAddress')}
                  name="url"
                  type="url"
                  required
                  maxLength={2_000}
                  autoComplete="off"
                  defaultValue={webhook?.url}
                  placeholder="https://"
                  error={errorOf('url')}
                />
              )}
            </FormDialog>
            <NewSecret secret={secret} onClose={() => setSecret(undefined)} />
          </>
        }
      >
        <Setting label={t('webhook')} value={webhook ? webhook.url : t('noWebhook')}>
          <Button onClick={() => setSetting(true)}>{t('setWebhook')}</Button>
          {webhook && (
            <Button look="warning" onClick={() => void remove()}>
              {t('removeWebhook')}
            </Button>
          )}
        </Setting>
      </SettingsGroup>
    </div>
  );
}

/** The only time that the secret is shown. */
function NewSecret({ secret, onClose }: { secret: string | undefined; onClose: () => void }) {
  const t = useRouteTexts(keyTexts);
  const { t: say } = useWords();
  const copy = async () => {
    await navigator.clipboard.writeText(secret!);
    showToast({ kind: 'done', text: say('toast.copied') });
  };
  return (
    <Dialog open={secret !== undefined} onClose={onClose} title={t('webhookSecret')}>
      <p className="text-soft">{t('webhookSecretNote')}</p>
      <div className="mt-4 flex items-center gap-2 rounded-md bg-sunken py-2 pr-2 pl-4">
        <code className="min-w-0 flex-1 font-mono break-all select-all" data-secret>
          {secret}
        </code>
        <Button onClick={() => void copy()}>{say('action.copy')}</Button>
      </div>
      <div className="mt-6 flex justify-end">
        <Button look="primary" local onClick={onClose}>
          {t('kept')}
        </Button>
      </div>
    </Dialog>
  );
}
