import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { MessagesSquare, SearchX } from 'lucide-react';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { useNeedsLogin } from '../accounts/go-to-login.ts';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { useSettled } from '../lib/use-settled.ts';
import { PageHeader } from '../shell/page-header.tsx';
import { mySessionsQuery } from '../sessions/session-queries.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { historyTexts } from './history-texts.ts';
import { HistoryList } from './history-list.tsx';
import { useDeletions } from './use-deletions.ts';

/** Every own conversation, with a search through their titles and texts. */
export function HistoryPage() {
  const { t } = useWords();
  const heading = usePageTitle(t('history.title'), { focus: useLocation().hash !== 'search' });
  useNeedsLogin();
  return (
    <>
      <PageHeader>
        <span />
      </PageHeader>
      <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto">
        <div className="reading pb-16">
          <h1 ref={heading} tabIndex={-1} className="pt-2 text-xl">
            {t('history.title')}
          </h1>
          <SearchableList />
        </div>
      </main>
    </>
  );
}

function SearchableList() {
  const { q = '' } = useSearch({ strict: false });
  const [text, setText] = useState(q);
  const navigate = useNavigate();
  const search = useDeferredValue(useSettled(text.trim()));
  useEffect(() => {
    void navigate({ to: '/chat', search: search ? { q: search } : {}, hash: true, replace: true });
  }, [search, navigate]);
  return (
    <>
      <HistorySearch text={text} onChange={setText} />
      <Results search={search} />
    </>
  );
}

function HistorySearch({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const own = useRouteTexts(historyTexts);
  const field = useRef<HTMLInputElement>(null);
  const { hash, state } = useLocation();
  // Asked for again on this very page, it is another visit.
  const visit = state.__TSR_key;
  useEffect(() => {
    if (visit && hash === 'search') field.current?.focus();
  }, [hash, visit]);
  return <SearchField ref={field} label={own('search')} value={text} onChange={onChange} className="mt-6 mb-2" />;
}

function Results({ search }: { search: string }) {
  const { t } = useWords();
  const own = useRouteTexts(historyTexts);
  const list = useInfiniteQuery(mySessionsQuery(search));
  const { hidden, remove } = useDeletions();
  const rows = list.data?.rows.filter(({ id }) => !hidden.has(id)) ?? [];
  const retry = <Button onClick={() => void list.refetch()}>{t('action.tryAgain')}</Button>;
  if (list.isPending) return <Skeleton />;
  if (list.isError && rows.length === 0) {
    return (
      <div className="pt-6">
        <ErrorNotice action={retry}>{own('failed')}</ErrorNotice>
      </div>
    );
  }
  if (rows.length === 0 && search)
    return <EmptyState icon={SearchX} title={own('noResult', { query: search })} text={own('noResultNote')} />;
  if (rows.length === 0) {
    const start = (
      <Link to="/" className={buttonClass('primary')}>
        {t('nav.newChat')}
      </Link>
    );
    return <EmptyState icon={MessagesSquare} title={t('empty.history')} action={start} />;
  }
  return (
    <>
      <HistoryList rows={rows} found={search !== ''} onDelete={remove} />
      {list.isError && <ErrorNotice action={retry}>{own('moreFailed')}</ErrorNotice>}
      {list.hasNextPage && (
        <Button look="quiet" className="mt-4" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {own('more')}
        </Button>
      )}
    </>
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="animate-late pt-6">
      <div className="skeleton mb-3 h-3 w-12" />
      {['62%', '48%', '71%', '55%', '40%', '66%'].map((width) => (
        <div key={width} className="flex h-12 items-center">
          <div className="skeleton h-4" style={{ width }} />
        </div>
      ))}
    </div>
  );
}
