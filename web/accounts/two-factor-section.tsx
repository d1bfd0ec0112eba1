import { Suspense, useState } from 'react';
import type { z } from 'zod';
import type { recoveryCodes, twoFactorSetup } from '#contracts/accounts.ts';
import { call, send } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { TextField } from '../ui/text-field.tsx';
import { linkClass } from './account-layout.tsx';
import { confirmationOf, CurrentPassword, useConfirmationFailures } from './password-field.tsx';
import { profileTexts } from './profile-texts.ts';
import { useRefreshSecurity, type Security } from './security-queries.ts';

// Few people turn it on, and each does so once.
const SecretCode = lazyPart(() => import('./secret-code.tsx'), 'SecretCode');

type Setup = z.infer<typeof twoFactorSetup>;
type Codes = z.infer<typeof recoveryCodes>;
const path = '/accounts/two-factor';

/** Turning on goes by three windows: who is it, the secret and its first code, the recovery codes. */
export function TwoFactorSection({ security }: { security: Security }) {
  const t = useRouteTexts(profileTexts);
  const refresh = useRefreshSecurity();
  const failures = useConfirmationFailures();
  const [asking, setAsking] = useState<'on' | 'off' | 'codes'>();
  const [setup, setSetup] = useState<Setup>();
  const [codes, setCodes] = useState<string[]>();

  const confirm = async (values: FormData) => {
    const body = confirmationOf(values);
    if (asking === 'on') return setSetup(await call<Setup>(path, { method: 'POST', body }));
    if (asking === 'off') await send(path, { method: 'DELETE', body });
    else setCodes((await call<Codes>(`${path}/recovery-codes`, { method: 'POST', body })).recovery_codes);
    return refresh();
  };
  const turnOn = async (values: FormData) => {
    const body = { otp: String(values.get('otp')) };
    setCodes((await call<Codes>(path, { method: 'PUT', body })).recovery_codes);
    await refresh();
  };
  const titles = { on: 'turnOnTitle', off: 'turnOffTitle', codes: 'newCodesTitle' } as const;

  return (
    <SettingsGroup
      title={t('twoFactor')}
      dialogs={
        <>
          <FormDialog
            open={asking !== undefined}
            onClose={() => setAsking(undefined)}
            title={asking ? t(titles[asking]) : ''}
            note={asking === 'off' ? t('turnOffNote') : asking === 'codes' ? t('newCodesNote') : t('twoFactorOff')}
            action={t(asking === 'off' ? 'turnOff' : asking === 'codes' ? 'newCodes' : 'goOn')}
            danger={asking === 'off'}
            failures={failures}
            onSubmit={confirm}
          >
            {(errorOf) => <CurrentPassword asked={security.has_password} error={errorOf('current_password')} />}
          </FormDialog>
          <FormDialog
            open={setup !== undefined}
            onClose={() => setSetup(undefined)}
            title={t('turnOnTitle')}
            note={t('secretNote')}
            action={t('turnOn')}
            failures={{ otp: t('codeWrong') }}
            onSubmit={turnOn}
          >
            {(errorOf) => (
              <>
                {setup && <Secret setup={setup} />}
                <TextField
                  label={t('code')}
                  name="otp"
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  required
                  maxLength={64}
                  error={errorOf('otp')}
                />
              </>
            )}
          </FormDialog>
          <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />
        </>
      }
    >
      <Setting label={t('twoFactor')} value={t(security.two_factor ? 'twoFactorOn' : 'twoFactorOff')}>
        <Button onClick={() => setAsking(security.two_factor ? 'off' : 'on')}>
          {t(security.two_factor ? 'turnOff' : 'turnOn')}
        </Button>
      </Setting>
      {security.two_factor && (
        <Setting label={t('codes')} value={t('codesLeft', { n: security.recovery_codes })}>
          <Button onClick={() => setAsking('codes')}>{t('newCodes')}</Button>
        </Setting>
      )}
    </SettingsGroup>
  );
}

function Secret({ setup }: { setup: Setup }) {
  const t = useRouteTexts(profileTexts);
  return (
    <div className="rounded-md bg-sunken p-4">
      <Suspense fallback={<div className="mb-4 h-44" />}>
        <SecretCode text={setup.uri} label={t('qrCode')} />
      </Suspense>
      <p className="text-xs text-soft">{t('secret')}</p>
      <code className="mt-1 block font-mono text-base break-all select-all" data-secret>
        {setup.secret.match(/.{1,4}/g)?.join(' ')}
      </code>
      <a href={setup.uri} className={`${linkClass} mt-2`}>
        {t('openApp')}
      </a>
    </div>
  );
}

function RecoveryCodes({ codes, onClose }: { codes: string[] | undefined; onClose: () => void }) {
  const t = useRouteTexts(profileTexts);
  const { t: say } = useWords();
  const copy = async () => {
    await navigator.clipboard.writeText(codes!.join('\n'));
    showToast({ kind: 'done', text: say('toast.copied') });
  };
  return (
    <Dialog open={codes !== undefined} onClose={onClose} title={t('codesTitle')}>
      <p className="text-soft">{t('codesNote')}</p>
      <ul className="mt-4 rounded-md bg-sunken p-4 font-mono leading-7" data-codes>
        {codes?.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={() => void copy()}>{t('copyCodes')}</Button>
        <Button look="primary" local onClick={onClose}>
          {t('kept')}
        </Button>
      </div>
    </Dialog>
  );
}
