import { useQuery, useQueryClient } from '@tanstack/react-query';
import { BellDot } from 'lucide-react';
import type { Notice } from '#contracts/quotes.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { send } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { noticesQuery } from './notices-query.ts';
import { quoteTexts, type QuoteText } from './quote-texts.ts';

/** What has become of the person's own requests since they last looked. */
export function Notices() {
  const t = useRouteTexts(quoteTexts);
  const queries = useQueryClient();
  const member = Boolean(useProfile());
  const { data } = useQuery({ ...noticesQuery, enabled: member });
  const unread = member ? (data?.results.filter(({ read }) => !read) ?? []) : [];
  if (unread.length === 0) return null;
  const markRead = async () => {
    await send('/accounts/notices', { method: 'PUT' });
    await queries.invalidateQueries({ queryKey: noticesQuery.queryKey });
  };
  return (
    <section aria-labelledby="notices" className="mb-8 rounded-lg bg-glow p-4">
      <div className="flex items-center gap-2">
        <BellDot aria-hidden className="size-4 text-ember" />
        <h2 id="notices" className="flex-1 text-sm">
          {t('notices')}
        </h2>
        <Button look="quiet" className="-my-2 -mr-3" onClick={() => void markRead()}>
          {t('noticesRead')}
        </Button>
      </div>
      <ul className="mt-2 space-y-3">
        {unread.map((notice) => (
          <li key={notice.id}>
            <p>{t(textOf(notice))}</p>
            <p className="line-clamp-2 text-soft">{notice.content}</p>
            {notice.reply && <p className="mt-1 whitespace-pre-wrap">{notice.reply}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function textOf({ kind, status }: Notice): QuoteText {
  if (kind === 'quote_merged') return 'notice.merged';
  return kind === 'quote_status' && status ? `notice.${status}` : 'notice.reply';
}
