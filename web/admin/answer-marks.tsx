import { useQuery } from '@tanstack/react-query';
import type { MarkCount } from '#contracts/sessions.ts';
import { call } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Setting, SettingsGroup } from '../ui/settings-list.tsx';
import { serverTexts } from './server-texts.ts';

/** What people think of the answers of each bot and model. */
export function AnswerMarks() {
  const t = useRouteTexts(serverTexts);
  const { data, isError } = useQuery({
    queryKey: ['admin', 'marks'],
    queryFn: ({ signal }) => call<{ results: MarkCount[] }>('/admin/marks', { signal }),
  });
  if (!data) return isError ? null : <div aria-hidden className="skeleton mb-8 h-24 animate-late" />;
  return (
    <SettingsGroup title={t('marks')} note={data.results.length > 0 ? t('marksNote') : t('noMarks')}>
      {data.results.map(({ bot, model, good, bad }) => (
        <Setting key={`${bot} ${model}`} label={bot} value={t('marksOf', { good, bad })}>
          <code className="font-mono text-xs text-soft">{model}</code>
        </Setting>
      ))}
    </SettingsGroup>
  );
}
