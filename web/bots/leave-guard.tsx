import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { builderTexts } from './builder-texts.ts';

/**
 * Asks before what is not saved is lost; the browser asks itself where the whole app is left. By the history
 * alone: the router's own hook would weigh on every public page.
 */
export function LeaveGuard({ dirty, kept }: { dirty: boolean; kept: boolean }) {
  const t = useRouteTexts(builderTexts);
  const { history } = useRouter();
  // Tells the history whether to stay; there while somebody is asked.
  const [answer, setAnswer] = useState<(stays: boolean) => void>();
  useEffect(() => {
    if (!dirty) return undefined;
    return history.block({
      blockerFn: () => new Promise<boolean>((resolve) => setAnswer(() => resolve)),
      enableBeforeUnload: true,
    });
  }, [history, dirty]);
  const say = (stays: boolean) => {
    answer?.(stays);
    setAnswer(undefined);
  };
  return (
    <Dialog open={answer !== undefined} title={t('leaveTitle')} onClose={() => say(true)}>
      <p className="text-soft">{t(kept ? 'leaveKept' : 'leaveNote')}</p>
      <div className="mt-6 flex justify-end gap-2">
        <Button look="quiet" onClick={() => say(false)}>
          {t('leave')}
        </Button>
        <Button look="primary" local onClick={() => say(true)}>
          {t('stay')}
        </Button>
      </div>
    </Dialog>
  );
}
