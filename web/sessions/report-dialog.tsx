import { useState } from 'react';
import { asProblem, send, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { publishedTexts } from './published-texts.ts';

/** Tells the administrators that something is wrong with a published page. */
export function ReportDialog({ pageId, onClose }: { pageId: string; onClose: () => void }) {
  const t = useRouteTexts(publishedTexts);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const report = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await send(`/s/${pageId}/report`, { method: 'POST', body: { reason: reason.trim() } });
      showToast({ kind: 'done', text: t('reported') });
      onClose();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open title={t('reportTitle')} onClose={onClose}>
      <TextArea
        label={t('reportReason')}
        hint={t('reportNote')}
        maxLength={500}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
      <div className="mt-6 space-y-4">
        {problem && <ErrorNotice problem={problem} />}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button look="primary" busy={busy} disabled={reason.trim() === ''} onClick={() => void report()}>
            {t('reportSend')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
