import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem, send } from '../lib/api-client.ts';
import { sayExactly, sayWhen } from '../lib/dates.ts';
import { drafts } from '../lib/drafts.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { deviceName } from './device-name.ts';
import { confirmationOf, CurrentPassword, useConfirmationFailures } from './password-field.tsx';
import { profileTexts } from './profile-texts.ts';
import { loginsQuery, useRefreshSecurity, type Security } from './security-queries.ts';

interface Ending {
  path: string;
  /** This device is logged out as well. */
  leaves: boolean;
  title: string;
}

/** Where the account is logged in; each place can be left from here. */
export function DevicesSection({ zone, security }: { zone: string; security: Security }) {
  const t = useRouteTexts(profileTexts);
  const { t: say, locale } = useWords();
  const now = useNow();
  const refresh = useRefreshSecurity();
  const { data } = useQuery(loginsQuery);

  const failures = useConfirmationFailures();
  const [ending, setEnding] = useState<Ending>();

  const end = async ({ path, leaves }: Ending, body: { current_password?: string } = {}) => {
    drafts.flush();
    await send(path, { method: 'DELETE', body });
    if (leaves) return location.assign(`${import.meta.env.BASE_URL}accounts/login`);
    await refresh();
    showToast({ kind: 'done', text: t('ended') });
  };
  const endThisOne = (path: string) => {
    const said = (error: unknown) => showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    end({ path, leaves: true, title: '' }).catch(said);
  };

  if (!data) return <div aria-hidden className="skeleton mb-8 h-40 animate-late" />;
  return (
    <SettingsGroup
      title={t('devices')}
      dialogs={
        <FormDialog
          open={ending !== undefined}
          onClose={() => setEnding(undefined)}
          title={ending?.title ?? ''}
          action={t('end')}
          failures={failures}
          onSubmit={(values) => end(ending!, confirmationOf(values))}
        >
          {(errorOf) => <CurrentPassword asked={security.has_password} error={errorOf('current_password')} />}
        </FormDialog>
      }
    >
      {data.logins.map((login) => {
        const path = `/accounts/logins/${login.id}`;
        const device = deviceName(login.user_agent) ?? t('unknownDevice');
        const seen = Date.parse(login.last_seen_at);
        const when = sayWhen(seen, { locale, timeZone: zone, now }, say('time.now'));
        return (
          <Setting
            key={login.id}
            label={
              <>
                {device}
                {login.current && <span className="ml-2 text-xs text-good">{t('thisDevice')}</span>}
              </>
            }
            value={
              <time dateTime={login.last_seen_at} title={sayExactly(seen, { locale, timeZone: zone })}>
                {t('lastSeen', { when })}
                {login.ip_address && ` · ${login.ip_address}`}
              </time>
            }
          >
            <Button
              look="quiet"
              aria-label={t('endDevice', { device })}
              onClick={() =>
                login.current ? endThisOne(path) : setEnding({ path, leaves: false, title: t('endDevice', { device }) })
              }
            >
              {t('end')}
            </Button>
          </Setting>
        );
      })}
      <li className="flex flex-wrap justify-end gap-2 px-4 py-3">
        {data.logins.length > 1 && (
          <Button
            onClick={() => setEnding({ path: '/accounts/logins?which=others', leaves: false, title: t('endOthers') })}
          >
            {t('endOthers')}
          </Button>
        )}
        <Button onClick={() => setEnding({ path: '/accounts/logins?which=all', leaves: true, title: t('endAll') })}>
          {t('endAll')}
        </Button>
      </li>
    </SettingsGroup>
  );
}
