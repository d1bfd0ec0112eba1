import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { adminTexts } from './admin-texts.ts';

interface AdminListProps<Row> {
  list: UseInfiniteQueryResult<Row[]>;
  empty: ReactNode;
  children: (row: Row) => ReactNode;
}

/** The rows of a list, or why there are none. */
export function AdminList<Row>({ list, empty, children }: AdminListProps<Row>) {
  const t = useRouteTexts(adminTexts);
  const { t: say } = useWords();
  if (list.isError && !list.data) {
    const retry = <Button onClick={() => void list.refetch()}>{say('action.tryAgain')}</Button>;
    return <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>;
  }
  if (!list.data) return <div aria-hidden className="skeleton h-72 animate-late" />;
  if (list.data.length === 0) return empty;
  return (
    <>
      <ul className="divide-y divide-line rounded-lg border border-line bg-raised">{list.data.map(children)}</ul>
      {list.hasNextPage && (
        <Button look="quiet" className="mt-4" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('more')}
        </Button>
      )}
    </>
  );
}
