import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import type { Profile } from '#contracts/accounts.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { useWords } from '../lib/language.ts';
import { Notices } from '../quotes/notices.tsx';
import { noticesQuery } from '../quotes/notices-query.ts';
import { Page } from '../shell/page.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { DoneNotice, ErrorNotice } from '../ui/notice.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { useProfile } from './account-queries.ts';
import { AccountSection } from './account-section.tsx';
import { DevicesSection } from './devices-section.tsx';
import { useNeedsLogin } from './go-to-login.ts';
import { IdentitiesSection } from './identities-section.tsx';
import { LoginFailure } from './login-news.tsx';
import { OwnDataSection } from './own-data-section.tsx';
import { PreferencesSection } from './preferences-section.tsx';
import { profileTexts } from './profile-texts.ts';
import { securityQuery } from './security-queries.ts';
import { TwoFactorSection } from './two-factor-section.tsx';

export function ProfilePage() {
  const t = useRouteTexts(profileTexts);
  const profile = useProfile();
  useNeedsLogin();
  return (
    <Page title={t('title')}>
      {profile ? <Sections profile={profile} /> : <div aria-hidden className="skeleton h-96 animate-late" />}
    </Page>
  );
}

function Sections({ profile }: { profile: Profile }) {
  const t = useRouteTexts(profileTexts);
  const { t: say } = useWords();
  const { data: security, isError, refetch } = useQuery(securityQuery);
  const zone = profile.quota.time_zone;
  return (
    <>
      <News />
      {isError && !security && (
        <div className="mb-6">
          <ErrorNotice action={<Button onClick={() => void refetch()}>{say('action.tryAgain')}</Button>}>
            {t('failed')}
          </ErrorNotice>
        </div>
      )}
      <AccountSection profile={profile} security={security} />
      {security && <IdentitiesSection security={security} zone={zone} />}
      {security && <TwoFactorSection security={security} />}
      {security && <DevicesSection zone={zone} security={security} />}
      <PreferencesSection />
      <NoticesSection />
      {security && <OwnDataSection security={security} />}
    </>
  );
}

/** What a link of a mail, or a provider that was to be linked, has come to. */
function News() {
  const t = useRouteTexts(profileTexts);
  const { verified, linked, error } = useSearch({ strict: false });
  if (!verified && !linked && !error) return null;
  return (
    <div className="mb-6">
      {error ? <LoginFailure error={error} /> : <DoneNotice>{t(linked ? 'linked' : 'emailVerified')}</DoneNotice>}
    </div>
  );
}

function NoticesSection() {
  const t = useRouteTexts(profileTexts);
  const { data } = useQuery(noticesQuery);
  if (data && data.unread > 0) return <Notices />;
  return (
    <SettingsGroup title={t('notices')}>
      <Setting label={t('noNotices')} value={t('noNoticesNote')}>
        <Link to="/quote" search={{}} className={buttonClass()}>
          {t('toBoard')}
        </Link>
      </Setting>
    </SettingsGroup>
  );
}
