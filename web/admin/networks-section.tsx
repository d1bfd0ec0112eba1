import { Plus, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { z } from 'zod';
import type { blockedNetwork } from '#contracts/admin.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { asProblem, send } from '../lib/api-client.ts';
import { dayOf, sayDay, sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { EmptyState } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { AdminList } from './admin-list.tsx';
import { useAdminList, useRefreshAdmin } from './admin-queries.ts';
import { adminTexts } from './admin-texts.ts';

type Network = z.infer<typeof blockedNetwork>;
const path = '/admin/networks';

export function NetworksSection() {
  const t = useRouteTexts(adminTexts);
  const [open, setOpen] = useState(false);
  const refresh = useRefreshAdmin();
  const list = useAdminList<Network>(path);
  const block = async (values: FormData) => {
    const until = String(values.get('expires_at'));
    const expires_at = until ? new Date(`${until}T23:59:59`).toISOString() : null;
    const body = { cidr: String(values.get('cidr')), reason: String(values.get('reason')), expires_at };
    await send(path, { method: 'POST', body });
    await refresh();
  };
  return (
    <>
      <Button className="mb-4" onClick={() => setOpen(true)}>
        <Plus aria-hidden className="size-4" />
        {t('block')}
      </Button>
      <AdminList
        list={list}
        empty={<EmptyState icon={ShieldCheck} title={t('noNetworks')} text={t('noNetworksNote')} />}
      >
        {(network) => <NetworkRow key={network.id} network={network} onDone={refresh} />}
      </AdminList>
      <FormDialog
        open={open}
        onClose={() => setOpen(false)}
        title={t('block')}
        note={t('noNetworksNote')}
        action={t('block')}
        failures={{ cidr: t('cidrWrong'), reason: t('wrong'), expires_at: t('untilWrong') }}
        onSubmit={block}
      >
        {(errorOf) => (
          <>
            <TextField
              label={t('cidr')}
              name="cidr"
              required
              maxLength={64}
              autoComplete="off"
              spellCheck={false}
              hint={t('cidrHint')}
              error={errorOf('cidr')}
            />
            <TextField label={t('reason')} name="reason" required maxLength={500} error={errorOf('reason')} />
            <TextField
              label={t('until')}
              name="expires_at"
              type="date"
              hint={t('untilHint')}
              error={errorOf('expires_at')}
            />
          </>
        )}
      </FormDialog>
    </>
  );
}

function NetworkRow({ network, onDone }: { network: Network; onDone: () => Promise<void> }) {
  const t = useRouteTexts(adminTexts);
  const { t: say, locale } = useWords();
  const timeZone = useProfile()?.quota.time_zone ?? 'Asia/Seoul';
  const style = { locale, timeZone, now: useNow() };
  const end = network.expires_at;
  const unblock = async () => {
    try {
      await send(`${path}/${network.id}`, { method: 'DELETE' });
      await onDone();
      showToast({ kind: 'done', text: t('unblocked') });
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), say) });
    }
  };
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p>
          <code className="font-mono">{network.cidr}</code>
          {network.automatic && <span className="ml-2 text-xs text-soft">{t('automatic')}</span>}
        </p>
        <p className="text-soft [overflow-wrap:anywhere]">
          {network.reason} · {t('since', { when: sayWhen(Date.parse(network.created_at), style, say('time.now')) })}
          {end && ` · ${t('untilWhen', { when: sayDay(dayOf(Date.parse(end), timeZone), style) })}`}
        </p>
      </div>
      <Button aria-label={t('unblockNetwork', { cidr: network.cidr })} onClick={() => void unblock()}>
        {t('unblock')}
      </Button>
    </li>
  );
}
