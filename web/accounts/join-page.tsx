import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { AccountLayout, linkClass } from './account-layout.tsx';
import { joinOptionsQuery } from './account-queries.ts';
import { JoinForm } from './join-form.tsx';
import { useLeaveWhenLoggedIn } from './leave-when-logged-in.ts';
import { useNext } from './next-page.ts';
import { ProviderButtons } from './providers.tsx';

export function JoinPage() {
  const { t } = useWords();
  const { data: options } = useQuery(joinOptionsQuery);
  const { next, search } = useNext();
  useLeaveWhenLoggedIn(next);
  const heading = usePageTitle(t('auth.join'), { focus: isTouchPrimary() });
  return (
    <AccountLayout title={t('auth.join')} heading={heading} note={t('auth.joinNote')}>
      <ProviderButtons options={options} next={next} />
      <JoinForm needsSetupCode={options?.setup_code ?? false} consents={options?.consents ?? []} />
      <p className="mt-6 text-soft">
        {t('auth.hasAccount')}{' '}
        <Link to="/accounts/login" search={search} className={linkClass}>
          {t('auth.logIn')}
        </Link>
      </p>
    </AccountLayout>
  );
}
