import { UserX } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import type { ManagedUser } from '#contracts/admin.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Select } from '../ui/select.tsx';
import { AdminList } from './admin-list.tsx';
import { useAdminList } from './admin-queries.ts';
import { adminTexts } from './admin-texts.ts';
import { UserDialogs, type Managing } from './user-dialogs.tsx';

export function UsersSection() {
  const t = useRouteTexts(adminTexts);
  const [q, setQ] = useState('');
  const [role, setRole] = useState('');
  const [managing, setManaging] = useState<Managing>();
  const list = useAdminList<ManagedUser>('/admin/users', { q: useDeferredValue(q.trim()), role });
  const roles = [
    { value: '', label: t('role.all') },
    { value: 'member', label: t('role.member') },
    { value: 'administrator', label: t('role.administrator') },
  ];
  return (
    <>
      <div className="mb-4 flex flex-wrap gap-2">
        <SearchField label={t('search')} value={q} onChange={setQ} className="min-w-0 flex-1 basis-56" />
        <Select label={t('role')} value={role} options={roles} onChange={setRole} className="h-11" />
      </div>
      <AdminList list={list} empty={<EmptyState icon={UserX} title={t('noUsers')} />}>
        {(user) => <UserRow key={user.id} user={user} onManage={setManaging} />}
      </AdminList>
      <UserDialogs managing={managing} onChange={setManaging} />
    </>
  );
}

function UserRow({ user, onManage }: { user: ManagedUser; onManage: (managing: Managing) => void }) {
  const t = useRouteTexts(adminTexts);
  const { t: say, locale } = useWords();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const now = useNow();
  const when = sayWhen(Date.parse(user.created_at), { locale, timeZone, now }, say('time.now'));
  const own = user.daily_limit;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3" data-user={user.id}>
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-medium [overflow-wrap:anywhere]">
          {user.nickname}
          {user.role === 'administrator' && (
            <span className="ml-2 text-xs font-normal text-good">{t('role.administrator')}</span>
          )}
          {user.blocked && <span className="ml-2 text-xs font-normal text-alarm">{t('blocked')}</span>}
        </p>
        <p className="text-soft [overflow-wrap:anywhere]">
          {user.email ?? t('person', { id: user.id })} · {t('joined', { when })} ·{' '}
          {own !== null && own >= 0
            ? t('usedOf', { used: user.used_today, limit: own })
            : t('used', { used: user.used_today })}
          {own === -1 && ` · ${t('unlimited')}`}
        </p>
      </div>
      <Button aria-label={t('editUser', { name: user.nickname })} onClick={() => onManage({ user, what: 'edit' })}>
        {t('edit')}
      </Button>
    </li>
  );
}
