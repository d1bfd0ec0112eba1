import { Link } from '@tanstack/react-router';
import { Bot, Globe, PanelLeft, Quote, Search, SquarePen, Target } from 'lucide-react';
import { Suspense } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { NewsDot } from './news-dot.tsx';
import { IconButton } from '../ui/button.tsx';
import { AccountCorner } from './account-corner.tsx';
import { Wordmark } from './wordmark.tsx';

// Guests have none, and their pages have to be light.
const RecentSessions = lazyPart(() => import('./recent-sessions.tsx'), 'RecentSessions');

const row =
  'flex h-9 touch:h-11 items-center gap-3 rounded-md px-3 hover:bg-chosen/60 aria-[current=page]:bg-chosen aria-[current=page]:font-medium';

export function Sidebar({ onHide, onHelp }: { onHide: () => void; onHelp: () => void }) {
  const { t } = useWords();
  const profile = useProfile();
  return (
    <nav aria-label={t('nav.label')} className="flex h-full flex-col">
      <div className="flex h-14 shrink-0 items-center justify-between pr-2 pl-4">
        <Link to="/" aria-label={t('nav.home')} className="flex rounded-sm">
          <Wordmark />
        </Link>
        <IconButton icon={PanelLeft} label={t('nav.hideSidebar')} onClick={onHide} />
      </div>
      <div className="shrink-0 space-y-0.5 px-2 pb-2">
        <Link to="/" activeOptions={{ exact: true }} className={row}>
          <SquarePen aria-hidden className="size-4 text-soft" strokeWidth={1.75} />
          {t('nav.newChat')}
        </Link>
        <Link to="/chat" hash="search" activeOptions={{ includeHash: false, includeSearch: false }} className={row}>
          <Search aria-hidden className="size-4 text-soft" strokeWidth={1.75} />
          {t('nav.search')}
        </Link>
        <Link to="/sessions/new" search={{ bot: 'planner' }} className={row}>
          <Target aria-hidden className="size-4 text-soft" strokeWidth={1.75} />
          {t('nav.guided')}
        </Link>
        <Link to="/bots" className={row}>
          <Bot aria-hidden className="size-4 text-soft" strokeWidth={1.75} />
          {t('nav.bots')}
        </Link>
        <Link to="/sessions" activeOptions={{ exact: true, includeSearch: false }} className={row}>
          <Globe aria-hidden className="size-4 text-soft" strokeWidth={1.75} />
          {t('nav.gallery')}
        </Link>
        <Link to="/quote" search={{}} activeOptions={{ includeSearch: false }} className={row}>
          <Quote aria-hidden className="size-4 text-soft" strokeWidth={1.75} />
          {t('nav.board')}
          {profile && <NewsDot />}
        </Link>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pt-2">
        {profile && (
          <Suspense>
            <RecentSessions />
          </Suspense>
        )}
      </div>
      <AccountCorner onHelp={onHelp} />
    </nav>
  );
}
