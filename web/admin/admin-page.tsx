import { Link, useParams } from '@tanstack/react-router';
import { ShieldAlert } from 'lucide-react';
import { Suspense } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useNeedsLogin } from '../accounts/go-to-login.ts';
import { lazyPart } from '../lib/parts.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { NotFoundPage } from '../shell/not-found-page.tsx';
import { Page } from '../shell/page.tsx';
import { EmptyState } from '../ui/notice.tsx';
import { showChosenTab, tabClass, tabsClass } from '../ui/tabs.ts';
import { adminTexts } from './admin-texts.ts';

// Whoever is no administrator is not sent the sections.
const sections = {
  users: lazyPart(() => import('./users-section.tsx'), 'UsersSection'),
  board: lazyPart(() => import('./board-section.tsx'), 'BoardSection'),
  pages: lazyPart(() => import('./pages-section.tsx'), 'PagesSection'),
  server: lazyPart(() => import('./server-section.tsx'), 'ServerSection'),
  audit: lazyPart(() => import('./audit-section.tsx'), 'AuditSection'),
  networks: lazyPart(() => import('./networks-section.tsx'), 'NetworksSection'),
};
type Section = keyof typeof sections;
const names = Object.keys(sections) as Section[];

/** On a phone the row of tabs is wider than the screen. */
const showTab = (tab: HTMLElement | null) => tab?.scrollIntoView({ block: 'nearest', inline: 'center' });

export function AdminPage() {
  const t = useRouteTexts(adminTexts);
  const profile = useProfile();
  const { section: wanted = 'users' } = useParams({ strict: false });
  useNeedsLogin();
  const section = names.find((name) => name === wanted);
  const administrator = profile?.role === 'administrator';
  if (!section) return <NotFoundPage />;
  if (profile && !administrator) {
    return (
      <Page title={t('title')}>
        <EmptyState icon={ShieldAlert} title={t('forbidden')} text={t('forbiddenNote')} />
      </Page>
    );
  }
  const Shown = sections[section];
  const skeleton = <div aria-hidden className="skeleton h-72 animate-late" />;
  return (
    <Page title={t('title')}>
      <nav ref={showChosenTab} aria-label={t('title')} className={`${tabsClass} mb-6`}>
        {names.map((name) => (
          <Link
            key={name}
            ref={name === section ? showTab : null}
            to="/admin/$section"
            params={{ section: name }}
            search={{}}
            aria-current={name === section ? 'page' : undefined}
            className={tabClass}
          >
            {t(`tab.${name}`)}
          </Link>
        ))}
        <Link to="/usage" search={{}} className={tabClass}>
          {t('usage')}
        </Link>
        <Link to="/bots" className={tabClass}>
          {t('bots')}
        </Link>
      </nav>
      {profile ? (
        <Suspense fallback={skeleton}>
          <Shown />
        </Suspense>
      ) : (
        skeleton
      )}
    </Page>
  );
}
