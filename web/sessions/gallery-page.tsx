import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Globe, SearchX } from 'lucide-react';
import { useEffect, useState } from 'react';
import { botsQuery } from '../bots/bot-queries.ts';
import { sayExactly, sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { useSettled } from '../lib/use-settled.ts';
import type { GallerySearch } from '../routes.ts';
import { Page } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { segmentClass, segmentsClass, tabClass, tabsClass } from '../ui/tabs.ts';
import { galleryQuery, type GalleryCard, type GalleryFilter } from './gallery-queries.ts';
import { galleryTexts } from './gallery-texts.ts';

/** What people have made public: conversations as they go on, and copies of a moment. */
export function GalleryPage() {
  const t = useRouteTexts(galleryTexts);
  const { view: asked, bot = '', q = '' }: GallerySearch = useSearch({ strict: false });
  const view = asked ?? 'sessions';
  return (
    <Page title={t('title')} lead={t('lead')}>
      <nav aria-label={t('kind')} className={segmentsClass}>
        {(['sessions', 'pages'] as const).map((each) => (
          <Link
            key={each}
            to="/sessions"
            search={{ view: each === 'pages' ? each : undefined, bot: bot || undefined }}
            // Another filter is still the same view, which this says; a part of the address says too little.
            activeOptions={{ exact: true }}
            aria-current={view === each ? 'page' : undefined}
            className={segmentClass}
          >
            {t(each)}
          </Link>
        ))}
      </nav>
      {view === 'sessions' && <GallerySearchField q={q} />}
      <Bots bot={bot} />
      <Cards filter={{ view, bot, q }} />
    </Page>
  );
}

function Bots({ bot }: { bot: string }) {
  const t = useRouteTexts(galleryTexts);
  const bots = useQuery(botsQuery).data?.results ?? [];
  const choices = [{ slug: '', name: t('allBots') }, ...bots];
  return (
    <nav aria-label={t('bots')} className={`mt-3 ${tabsClass}`}>
      {choices.map(({ slug, name }) => (
        <Link
          key={slug}
          to="/sessions"
          search={(before) => ({ ...before, bot: slug || undefined })}
          activeOptions={{ exact: true }}
          aria-current={slug === bot ? 'page' : undefined}
          className={tabClass}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

function GallerySearchField({ q }: { q: string }) {
  const t = useRouteTexts(galleryTexts);
  const [text, setText] = useState(q);
  const settled = useSettled(text.trim());
  const navigate = useNavigate();
  useEffect(() => {
    if (settled === q) return;
    void navigate({
      to: '/sessions',
      search: (before) => ({ ...before, q: settled || undefined }),
      replace: true,
    });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- what is typed moves the address, not the other way round
  }, [settled]);
  return <SearchField label={t('search')} value={text} onChange={setText} className="mt-4" />;
}

function Cards({ filter }: { filter: GalleryFilter }) {
  const t = useRouteTexts(galleryTexts);
  const { t: word } = useWords();
  const list = useInfiniteQuery(galleryQuery(filter));
  const retry = <Button onClick={() => void list.refetch()}>{word('action.tryAgain')}</Button>;
  if (list.isPending) return <Skeleton />;
  if (!list.data)
    return (
      <div className="pt-6">
        <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
      </div>
    );
  if (list.data.length === 0 && filter.q)
    return <EmptyState icon={SearchX} title={t('noResult', { query: filter.q })} text={t('noResultNote')} />;
  if (list.data.length === 0) return <EmptyState icon={Globe} title={t('empty')} text={t('emptyNote')} />;
  return (
    <>
      <ul aria-label={t('list')} className="mt-4 grid gap-3 md:grid-cols-2">
        {list.data.map((card) => (
          <Card key={card.key} card={card} />
        ))}
      </ul>
      {list.isError && <ErrorNotice action={retry}>{t('moreFailed')}</ErrorNotice>}
      {list.hasNextPage && (
        <Button look="quiet" className="mt-4" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('more')}
        </Button>
      )}
    </>
  );
}

function Card({ card }: { card: GalleryCard }) {
  const t = useRouteTexts(galleryTexts);
  const { t: word, locale } = useWords();
  const now = useNow();
  const { data: bots } = useQuery(botsQuery);
  const at = Date.parse(card.at);
  const timeZone = 'Asia/Seoul';
  // A deleted bot, or an assistant of its owner's, has no name that others know.
  const bot = bots?.results.find(({ slug }) => slug === card.bot)?.name;
  return (
    <li className="min-w-0">
      <Link
        to={card.path}
        preload={false}
        className="flex h-full flex-col rounded-lg border border-line bg-raised p-4 transition-colors duration-150 hover:border-edge"
      >
        <span className="line-clamp-2 text-base font-medium">{card.title}</span>
        {card.excerpt !== card.title && <span className="mt-1 line-clamp-3 text-soft">{card.excerpt}</span>}
        <span className="mt-auto flex items-center gap-x-3 pt-3 text-xs text-soft">
          {bot && <span className="min-w-0 truncate">{bot}</span>}
          <span className="min-w-0 truncate">{card.mine ? t('you') : (card.author ?? t('anonymous'))}</span>
          <time
            dateTime={card.at}
            title={sayExactly(at, { locale, timeZone })}
            className="ml-auto shrink-0 whitespace-nowrap"
          >
            {sayWhen(at, { locale, timeZone, now }, word('time.now'))}
          </time>
        </span>
      </Link>
    </li>
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="mt-4 grid animate-late gap-3 md:grid-cols-2">
      {[0, 1, 2, 3].map((index) => (
        <div key={index} className="skeleton h-32 rounded-lg" />
      ))}
    </div>
  );
}
