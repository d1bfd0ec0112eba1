import { Link } from '@tanstack/react-router';
import { Clock3 } from 'lucide-react';
import { useQuota } from '../accounts/account-queries.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { quotaLeft, quotaZero } from './quota-text.ts';

/** How many questions are left today, as the server counts. */
export function QuotaChip() {
  const words = useWords();
  const quota = useQuota();
  const text = quota && quotaLeft(quota, words);
  if (!quota || !text) return <span />;
  const few = (quota.remaining ?? 0) <= 2;
  return (
    <p data-quota={quota.remaining} className={`min-w-0 text-xs ${few ? 'font-medium text-amber' : 'text-soft'}`}>
      {text}
    </p>
  );
}

/** Nothing is left: when there will be more. Typing goes on being possible. */
export function QuotaCard({ id }: { id: string }) {
  const words = useWords();
  const quota = useQuota();
  const now = useNow();
  if (quota?.remaining !== 0) return null;
  const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="mb-2 flex gap-3 rounded-md border border-line bg-sunken px-4 py-3" data-quota={0}>
      <Clock3 aria-hidden className="mt-0.5 size-4 shrink-0 text-amber" />
      <div>
        <output id={id}>
          {quotaZero(quota, words, now, ownZone)} <time dateTime={quota.resets_at} />
        </output>
        <p className="flex flex-wrap gap-x-4 font-medium">
          <Link to="/sessions" className="inline-flex min-h-6 items-center underline underline-offset-4 touch:min-h-11">
            {words.t('nav.gallery')}
          </Link>
          <Link to="/chat" className="inline-flex min-h-6 items-center underline underline-offset-4 touch:min-h-11">
            {words.t('nav.allChats')}
          </Link>
        </p>
      </div>
    </div>
  );
}
