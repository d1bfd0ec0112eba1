import { providerNames, type ProviderName } from '#contracts/accounts.ts';
import { asProblem, call, send } from '../lib/api-client.ts';
import { sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { profileTexts } from './profile-texts.ts';
import { namesOfProviders } from './provider-names.ts';
import { useRefreshSecurity, type Security } from './security-queries.ts';

/** The providers that the account can be logged in to with. */
export function IdentitiesSection({ security, zone }: { security: Security; zone: string }) {
  const t = useRouteTexts(profileTexts);
  const { t: say, locale, language } = useWords();
  const now = useNow();
  const refresh = useRefreshSecurity();
  const shown = providerNames.filter(
    (name) => security.providers.includes(name) || security.identities.some(({ provider }) => provider === name),
  );
  if (shown.length === 0) return null;

  const tell = (error: unknown) => {
    const problem = asProblem(error);
    const last = problem.code === 'last_login_method';
    showToast({ kind: 'error', text: last ? t('lastLogin') : problemText(problem, say) });
  };
  const link = async (name: ProviderName) => {
    try {
      const { href } = await call<{ href: string }>(`/accounts/identities/${name}`, { method: 'POST' });
      location.assign(href);
    } catch (error) {
      tell(error);
    }
  };
  const unlink = async (name: ProviderName) => {
    try {
      await send(`/accounts/identities/${name}`, { method: 'DELETE' });
      await refresh();
      showToast({ kind: 'done', text: t('unlinked') });
    } catch (error) {
      tell(error);
    }
  };

  return (
    <SettingsGroup title={t('logins')}>
      {shown.map((name) => {
        const linked = security.identities.find(({ provider }) => provider === name);
        const when = linked && sayWhen(Date.parse(linked.created_at), { locale, timeZone: zone, now }, say('time.now'));
        const action = t(linked ? 'unlink' : 'link');
        return (
          <Setting
            key={name}
            label={namesOfProviders[name][language]}
            value={when ? t('linkedOn', { when }) : t('notLinked')}
          >
            <Button
              aria-label={`${namesOfProviders[name][language]} ${action}`}
              onClick={() => void (linked ? unlink(name) : link(name))}
            >
              {action}
            </Button>
          </Setting>
        );
      })}
    </SettingsGroup>
  );
}
