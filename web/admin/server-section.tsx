import { useQuery } from '@tanstack/react-query';
import type { ServerDefaults } from '#contracts/admin.ts';
import { call } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { sayValue } from '../usage/usage-view.ts';
import { AnswerMarks } from './answer-marks.tsx';
import { ModelNames } from './model-names.tsx';
import { serverTexts } from './server-texts.ts';

/** What holds for everybody, and which models answer to which names. */
export function ServerSection() {
  return (
    <>
      <Defaults />
      <AnswerMarks />
      <ModelNames />
    </>
  );
}

function Defaults() {
  const t = useRouteTexts(serverTexts);
  const { t: say } = useWords();
  const { data, isError, refetch } = useQuery({
    queryKey: ['admin', 'defaults'],
    queryFn: ({ signal }) => call<ServerDefaults>('/admin/defaults', { signal }),
  });
  if (isError && !data) {
    const retry = <Button onClick={() => void refetch()}>{say('action.tryAgain')}</Button>;
    return (
      <div className="mb-8">
        <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
      </div>
    );
  }
  if (!data) return <div aria-hidden className="skeleton mb-8 h-72 animate-late" />;
  const { daily_limit: limit } = data;
  return (
    <SettingsGroup title={t('defaults')} note={t('defaultsNote')}>
      <Setting label={t('dailyLimit')} value={limit === null ? t('unlimited') : t('dailyLimitOf', { n: limit })}>
        <Variable name="DAILY_REQUEST_LIMIT" />
      </Setting>
      <Setting label={t('zone')} value={t('zoneOf', { zone: data.time_zone })}>
        <Variable name="QUOTA_TIME_ZONE" />
      </Setting>
      <Setting label={t('month')} value={<Month month={data.month} />}>
        <Variable name="MONTHLY_BUDGET_USD" />
      </Setting>
      <Setting label={t('model')} value={data.default_model ?? t('anyModel')}>
        <Variable name="DEFAULT_MODEL" />
      </Setting>
    </SettingsGroup>
  );
}

function Variable({ name }: { name: string }) {
  return <code className="font-mono text-xs text-soft">{name}</code>;
}

/** What the month has cost, beside its cap where there is one. */
function Month({ month: { spent_usd: spent, limit_usd: limit } }: { month: ServerDefaults['month'] }) {
  const t = useRouteTexts(serverTexts);
  const { locale } = useWords();
  const dollars = (value: number) => sayValue(value, 'cost', locale).replace('US$', '');
  if (limit === null) return t('monthFree', { spent: dollars(spent) });
  const percent = limit === 0 ? 100 : Math.min(100, Math.floor((spent / limit) * 100));
  return (
    <>
      {t('monthOf', { spent: dollars(spent), limit: dollars(limit), percent })}
      <span aria-hidden className="mt-2 block h-1 max-w-56 overflow-hidden rounded-sm bg-sunken">
        <span className="block h-full bg-ember" style={{ width: `${percent}%` }} />
      </span>
      {spent >= limit && <span className="mt-2 block text-alarm">{t('monthEmpty')}</span>}
    </>
  );
}
