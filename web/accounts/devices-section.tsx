import { useQuery } from '@tanstack/react-query';
import { asProblem, send } from '../lib/api-client.ts';
import { sayExactly, sayWhen } from '../lib/dates.ts';
import { drafts } from '../lib/drafts.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { deviceName } from './device-name.ts';
import { profileTexts } from './profile-texts.ts';
import { loginsQuery, useRefreshSecurity } from './security-queries.ts';

/** Where the account is logged in; each place can be left from here. */
export function DevicesSection({ zone }: { zone: string }) {
  const t = useRouteTexts(profileTexts);
  const { t: say, locale } = useWords();
  const now = useNow();
  const refresh = useRefreshSecurity();
  const { data } = useQuery(loginsQuery);

  const end = async (path: string, leaves: boolean) => {
    try {
      drafts.flush();
      await send(path, { method: 'DELETE' });
      if (leaves) return location.assign(`${import.meta.env.BASE_URL}accounts/login`);
      await refresh();
      showToast({ kind: 'done', text: t('ended') });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    }
  };

  if (!data) return <div aria-hidden className="skeleton mb-8 h-40 animate-late" />;
  return (
    <SettingsGroup title={t('devices')}>
      {data.logins.map((login) => {
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
              onClick={() => void end(`/accounts/logins/${login.id}`, login.current)}
            >
              {t('end')}
            </Button>
          </Setting>
        );
      })}
      <li className="flex flex-wrap justify-end gap-2 px-4 py-3">
        {data.logins.length > 1 && (
          <Button onClick={() => void end('/accounts/logins?which=others', false)}>{t('endOthers')}</Button>
        )}
        <Button onClick={() => void end('/accounts/logins?which=all', true)}>{t('endAll')}</Button>
      </li>
    </SettingsGroup>
  );
}
