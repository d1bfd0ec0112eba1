import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Quote as QuoteIcon, SearchX } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useNeedsLogin } from '../accounts/go-to-login.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { useSettled } from '../lib/use-settled.ts';
import type { BoardSearch } from '../routes.ts';
import { Page } from '../shell/page.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { showChosenTab, segmentClass, segmentsClass, tabClass, tabsClass } from '../ui/tabs.ts';
import { Notices } from './notices.tsx';
import { QuoteItem } from './quote-item.tsx';
import { quotesQuery, type BoardFilter } from './quote-queries.ts';
import { quoteTexts } from './quote-texts.ts';
import { RequestForm } from './request-form.tsx';

/** Lines that people would like the bots to know. */
export function BoardPage() {
  const t = useRouteTexts(quoteTexts);
  const search: BoardSearch = useSearch({ strict: false });
  const profile = useProfile();
  useNeedsLogin(search.mine === 'true' || search.voted === 'true');
  const write = (
    <Link to="/quote" search={(before) => ({ ...before, write: 'yes' })} className={buttonClass('primary')}>
      {t('write')}
    </Link>
  );
  return (
    <Page title={t('title')} lead={t('lead')} action={search.write ? null : write}>
      <Notices />
      {search.write && profile !== undefined && <OpenForm key={profile?.id} text={search.text ?? ''} />}
      <Filters search={search} />
      <Quotes
        filter={{
          ...(search.status ? { status: search.status } : {}),
          sort: search.sort ?? 'votes',
          mine: search.mine === 'true',
          voted: search.voted === 'true',
          q: search.q ?? '',
        }}
      />
    </Page>
  );
}

/** The form is an entry of the history: going back closes it and stays on the page. */
function OpenForm({ text }: { text: string }) {
  const navigate = useNavigate();
  const close = () =>
    void navigate({
      to: '/quote',
      search: (before) => ({ ...before, write: undefined, text: undefined }),
      replace: true,
    });
  return <RequestForm text={text} onClose={close} />;
}

const statuses = [undefined, 'requested', 'planned', 'applied', 'declined'] as const;
/** Without any of the tabs. */
const anyQuote = { status: undefined, mine: undefined, voted: undefined };
const sorts = ['votes', 'new'] as const;

function Filters({ search }: { search: BoardSearch }) {
  const t = useRouteTexts(quoteTexts);
  const member = Boolean(useProfile());
  return (
    <>
      <nav ref={showChosenTab} aria-label={t('filter')} className={tabsClass}>
        {statuses.map((each) => (
          <Link
            key={each ?? 'all'}
            to="/quote"
            search={(before) => ({ ...before, ...anyQuote, status: each })}
            activeOptions={{ exact: true }}
            className={tabClass}
          >
            {t(each ?? 'all')}
          </Link>
        ))}
        {member &&
          (['mine', 'voted'] as const).map((each) => (
            <Link
              key={each}
              to="/quote"
              search={(before) => ({ ...before, ...anyQuote, [each]: 'true' })}
              activeOptions={{ exact: true }}
              className={tabClass}
            >
              {t(each)}
            </Link>
          ))}
      </nav>
      <div className="mt-4 flex flex-wrap items-center gap-3">
        <BoardSearchField q={search.q ?? ''} />
        <nav aria-label={t('sort')} className={`ml-auto ${segmentsClass}`}>
          {sorts.map((each) => (
            <Link
              key={each}
              to="/quote"
              search={(before) => ({ ...before, sort: each === 'new' ? each : undefined })}
              activeOptions={{ exact: true }}
              className={segmentClass}
            >
              {t(each)}
            </Link>
          ))}
        </nav>
      </div>
    </>
  );
}

function BoardSearchField({ q }: { q: string }) {
  const t = useRouteTexts(quoteTexts);
  const [text, setText] = useState(q);
  const settled = useSettled(text.trim());
  const navigate = useNavigate();
  useEffect(() => {
    if (settled === q) return;
    void navigate({
      to: '/quote',
      search: (before) => ({ ...before, q: settled || undefined }),
      replace: true,
    });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- what is typed moves the address, not the other way round
  }, [settled]);
  return <SearchField label={t('search')} value={text} onChange={setText} className="min-w-0 flex-1 basis-56" />;
}

function Quotes({ filter }: { filter: BoardFilter }) {
  const t = useRouteTexts(quoteTexts);
  const { t: word } = useWords();
  const list = useInfiniteQuery(quotesQuery(filter));
  const retry = <Button onClick={() => void list.refetch()}>{word('action.tryAgain')}</Button>;
  if (list.isPending) return <Skeleton />;
  if (!list.data)
    return (
      <div className="pt-6">
        <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
      </div>
    );
  if (list.data.length === 0) return <Empty filter={filter} />;
  return (
    <>
      <ul aria-label={t('list')} className="mt-2 divide-y divide-line">
        {list.data.map((quote) => (
          <QuoteItem key={quote.id} quote={quote} />
        ))}
      </ul>
      {list.isError && <ErrorNotice action={retry}>{t('moreFailed')}</ErrorNotice>}
      {list.hasNextPage && (
        <Button look="quiet" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('more')}
        </Button>
      )}
    </>
  );
}

function Empty({ filter }: { filter: BoardFilter }) {
  const t = useRouteTexts(quoteTexts);
  const { q, mine, voted, status } = filter;
  const invites = q !== '' || mine || (status === undefined && !voted) || status === 'requested';
  const search: BoardSearch = q ? { write: 'yes', text: q } : { write: 'yes' };
  const write = invites && (
    <Link to="/quote" search={search} className={buttonClass()}>
      {t('write')}
    </Link>
  );
  if (q)
    return (
      <EmptyState icon={SearchX} title={t('empty.search', { query: q })} text={t('empty.searchNote')} action={write} />
    );
  return (
    <EmptyState
      icon={QuoteIcon}
      title={t(`empty.${mine ? 'mine' : voted ? 'voted' : (status ?? 'all')}`)}
      {...(invites ? { text: t('empty.note'), action: write } : {})}
    />
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="mt-2 animate-late divide-y divide-line">
      {['72%', '54%', '80%', '60%'].map((width) => (
        <div key={width} className="flex gap-4 py-5">
          <div className="skeleton h-14 w-12" />
          <div className="flex-1 space-y-3 pt-1">
            <div className="skeleton h-4" style={{ width }} />
            <div className="skeleton h-3 w-1/3" />
          </div>
        </div>
      ))}
    </div>
  );
}
