import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { Bot, botVersionPage } from '#contracts/bots.ts';
import { call } from '../lib/api-client.ts';
import { sayExactly, sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { builderTexts } from './builder-texts.ts';

/** What the bot was before. To restore is to save once more: nothing of the history is lost. */
export function BotVersions({ bot, onRestore }: { bot: Bot; onRestore: (version: number) => void }) {
  const t = useRouteTexts(builderTexts);
  const { t: word, locale } = useWords();
  const now = useNow();
  const versions = useQuery({
    queryKey: ['bots', bot.slug, 'versions', bot.version],
    queryFn: ({ signal }) => call<z.infer<typeof botVersionPage>>(`/bots/${bot.slug}/versions?per_page=50`, { signal }),
  });
  const rows = versions.data?.results ?? [];
  const timeZone = 'Asia/Seoul';
  return (
    <section aria-labelledby="versions" className="mt-6">
      <h2 id="versions" className="text-sm">
        {t('history')}
      </h2>
      {versions.data && rows.length === 0 && <p className="mt-1 text-soft">{t('noHistory')}</p>}
      <ol className="mt-2 divide-y divide-line">
        {rows.map(({ version, user, created_at }) => (
          <li key={version} className="flex min-h-12 items-center gap-3">
            <span className="min-w-0 flex-1 py-2">
              <span className="block">{t('version', { n: version })}</span>
              <span className="block truncate text-xs text-soft">
                {user ?? t('shipped')} ·{' '}
                <time dateTime={created_at} title={sayExactly(Date.parse(created_at), { locale, timeZone })}>
                  {sayWhen(Date.parse(created_at), { locale, timeZone, now }, word('time.now'))}
                </time>
              </span>
            </span>
            {version === bot.version ? (
              <span className="pr-4 text-soft">{t('current')}</span>
            ) : (
              <Button
                look="quiet"
                aria-label={`${t('restore')}: ${t('version', { n: version })}`}
                onClick={() => onRestore(version)}
              >
                {t('restore')}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
