import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useWords } from '../lib/language.ts';
import { usePendingDeletions } from '../sessions/pending-deletions.ts';
import { mySessionsQuery } from '../sessions/session-queries.ts';

const row =
  'flex h-9 touch:h-11 items-center rounded-md px-3 hover:bg-chosen/60 aria-[current=page]:bg-chosen aria-[current=page]:font-medium';

/** The latest conversations, in the sidebar. */
export function RecentSessions() {
  const { t } = useWords();
  const { data, isPending, isError } = useInfiniteQuery(mySessionsQuery(''));
  const pending = usePendingDeletions();
  const rows = data?.rows.filter(({ id }) => !pending.has(id)) ?? [];
  if (isError || (data && rows.length === 0)) return null;
  return (
    <section aria-label={t('nav.recent')}>
      <h2 className="px-3 pb-1.5 text-xs font-normal text-soft">{t('nav.recent')}</h2>
      {isPending && <Skeleton />}
      <ul className="space-y-0.5">
        {rows.slice(0, 30).map(({ id, title }) => (
          <li key={id}>
            <Link to="/sessions/$sessionId" params={{ sessionId: String(id) }} preload={false} className={row}>
              <span className="truncate">{title}</span>
            </Link>
          </li>
        ))}
      </ul>
      {rows.length > 0 && (
        <Link
          to="/chat"
          className="mt-0.5 flex h-9 items-center rounded-md px-3 text-soft hover:bg-chosen/60 hover:text-ink touch:h-11"
        >
          {t('nav.allChats')}
        </Link>
      )}
    </section>
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="animate-late space-y-0.5">
      {['70%', '55%', '80%'].map((width) => (
        <div key={width} className="flex h-9 items-center px-3">
          <div className="skeleton h-3" style={{ width }} />
        </div>
      ))}
    </div>
  );
}
