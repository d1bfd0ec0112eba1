import { Link } from '@tanstack/react-router';
import { FileText } from 'lucide-react';
import { useState } from 'react';
import type { z } from 'zod';
import type { reportedSnapshotPage } from '#contracts/snapshots.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { asProblem, send } from '../lib/api-client.ts';
import { sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/notice.tsx';
import { AdminList } from './admin-list.tsx';
import { useAdminList, useRefreshAdmin } from './admin-queries.ts';
import { queueTexts } from './queue-texts.ts';

type Reported = z.infer<typeof reportedSnapshotPage>['results'][number];

/** Published pages, the most reported first. A hidden one is out of sight until it is shown again. */
export function PagesSection() {
  const t = useRouteTexts(queueTexts);
  const list = useAdminList<Reported>('/admin/pages');
  return (
    <>
      <p className="mb-4 text-soft">{t('pagesNote')}</p>
      <AdminList list={list} empty={<EmptyState icon={FileText} title={t('noPages')} text={t('noPagesNote')} />}>
        {(page) => <PageRow key={page.id} page={page} />}
      </AdminList>
    </>
  );
}

function PageRow({ page }: { page: Reported }) {
  const t = useRouteTexts(queueTexts);
  const { t: say, locale } = useWords();
  const refresh = useRefreshAdmin();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const when = sayWhen(Date.parse(page.created_at), { locale, timeZone, now: useNow() }, say('time.now'));
  const [busy, setBusy] = useState(false);
  const { title, state } = page;
  const hidden = state === 'hidden';
  const change = async () => {
    setBusy(true);
    try {
      await send(`/admin/pages/${page.id}`, { method: 'PUT', body: { hidden: !hidden } });
      await refresh();
      showToast({ kind: 'done', text: t(hidden ? 'shownNow' : 'hiddenNow') });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3" data-page={page.id}>
      <div className="min-w-0 flex-1 basis-56 [overflow-wrap:anywhere]">
        <p className="font-medium">
          {state === 'open' ? (
            <Link to="/s/$pageId" params={{ pageId: page.id }} preload={false} className="underline underline-offset-4">
              {title}
            </Link>
          ) : (
            title
          )}
          {(state === 'hidden' || state === 'expired') && (
            <span className="ml-2 text-xs font-normal text-soft">{t(state)}</span>
          )}
        </p>
        <p className="text-soft">
          {page.author ?? t('anonymous')} · {t('published', { when })}
          {page.reports > 0 && <span className="text-alarm"> · {t('reports', { n: page.reports })}</span>}
        </p>
        <Reasons reasons={page.reasons} />
      </div>
      <Button
        look={hidden ? 'plain' : 'warning'}
        busy={busy}
        aria-label={t(hidden ? 'showPage' : 'hidePage', { title })}
        onClick={() => void change()}
      >
        {t(hidden ? 'show' : 'hide')}
      </Button>
    </li>
  );
}

const MOST_REASONS = 3;

/** The latest of what people have found wrong. */
function Reasons({ reasons }: { reasons: string[] }) {
  const t = useRouteTexts(queueTexts);
  const more = reasons.length - MOST_REASONS;
  if (reasons.length === 0) return null;
  return (
    <ul aria-label={t('reasons')} className="mt-2 space-y-1 border-l-2 border-edge/60 pl-3">
      {reasons.slice(-MOST_REASONS).map((reason, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- two people may give the same reason
        <li key={index} className="whitespace-pre-wrap">
          {reason}
        </li>
      ))}
      {more > 0 && <li className="text-soft">{t('moreReasons', { n: more })}</li>}
    </ul>
  );
}
