import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { sayExactly } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { EmptyState } from '../ui/notice.tsx';
import { Select } from '../ui/select.tsx';
import { AdminList } from './admin-list.tsx';
import { useAdminList } from './admin-queries.ts';
import { adminTexts } from './admin-texts.ts';
import { useSentence, type AuditEntry } from './audit-sentence.ts';
import { auditParts, kinds } from './audit-texts.ts';

/** What was changed, and by whom: the newest first. */
export function AuditSection() {
  const t = useRouteTexts(adminTexts);
  const parts = useRouteTexts(auditParts);
  const [action, setAction] = useState('');
  const list = useAdminList<AuditEntry>('/admin/audit', { action });
  const options = [
    { value: '', label: parts('kind.all') },
    ...kinds.map((kind) => ({ value: kind, label: parts(`kind.${kind}`) })),
  ];
  return (
    <>
      <Select label={parts('kind')} value={action} options={options} onChange={setAction} className="mb-4" />
      <AdminList list={list} empty={<EmptyState icon={ScrollText} title={t('noAudit')} />}>
        {(entry) => <Entry key={entry.id} entry={entry} />}
      </AdminList>
    </>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { locale } = useWords();
  const sentence = useSentence(entry);
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  return (
    <li className="flex flex-wrap justify-between gap-x-4 px-4 py-3" data-audit={entry.action}>
      <p className="min-w-0 flex-1 basis-56 [overflow-wrap:anywhere]">{sentence}</p>
      <time dateTime={entry.at} className="text-soft">
        {sayExactly(Date.parse(entry.at), { locale, timeZone })}
      </time>
    </li>
  );
}
