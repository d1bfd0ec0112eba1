import { ScrollText } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import type { z } from 'zod';
import type { auditEntry } from '#contracts/admin.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { sayExactly } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { EmptyState } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { AdminList } from './admin-list.tsx';
import { useAdminList } from './admin-queries.ts';
import { adminTexts } from './admin-texts.ts';

type AuditEntry = z.infer<typeof auditEntry>;

/** What was changed, and by whom: the newest first. */
export function AuditSection() {
  const t = useRouteTexts(adminTexts);
  const [action, setAction] = useState('');
  const list = useAdminList<AuditEntry>('/admin/audit', { action: useDeferredValue(action.trim()) });
  return (
    <>
      <SearchField
        label={t('action')}
        placeholder={t('actionHint')}
        value={action}
        onChange={setAction}
        className="mb-4"
      />
      <AdminList list={list} empty={<EmptyState icon={ScrollText} title={t('noAudit')} />}>
        {(entry) => <Entry key={entry.id} entry={entry} />}
      </AdminList>
    </>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const t = useRouteTexts(adminTexts);
  const { locale } = useWords();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const detail = Object.entries(entry.detail);
  const person = (id: number | null) => (id === null ? t('server') : t('person', { id }));
  return (
    <li className="px-4 py-3" data-audit={entry.action}>
      <p className="flex flex-wrap justify-between gap-x-4">
        <code className="font-mono">{entry.action}</code>
        <time dateTime={entry.at} className="text-soft">
          {sayExactly(Date.parse(entry.at), { locale, timeZone })}
        </time>
      </p>
      <p className="mt-0.5 text-soft [overflow-wrap:anywhere]">
        {t('by')} {person(entry.actor_id)}
        {entry.subject_id !== null && ` · ${t('on')} ${person(entry.subject_id)}`}
        {detail.map(([name, value]) => ` · ${name} ${JSON.stringify(value)}`)}
      </p>
    </li>
  );
}
