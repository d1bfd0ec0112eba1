import { X } from 'lucide-react';
import { useWords } from '../lib/language.ts';
import { waitText } from '../lib/problem-text.ts';
import { IconButton } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import type { Refusal } from './thread-view.ts';

/** A message did not get through; its text stands in the composer again. */
export function RefusalNotice({
  refusal,
  onRetry,
  onClose,
}: {
  refusal: Refusal;
  onRetry: () => void;
  onClose: () => void;
}) {
  const { t } = useWords();
  const { problem } = refusal;
  // The card of the quota says it all; a login is asked for elsewhere.
  if (problem.code === 'quota_exhausted' || problem.status === 401) return null;
  const unknown = problem.status === 0 || problem.status >= 500;
  const retry = (
    <button
      type="button"
      onClick={onRetry}
      className="h-8 rounded-md px-2 font-medium underline underline-offset-4 touch:h-11"
    >
      {t('action.resend')}
    </button>
  );
  return (
    <div className="relative mb-2">
      <ErrorNotice
        problem={problem}
        action={
          <span className="ml-auto flex items-center">
            {retry}
            <IconButton small icon={X} label={t('action.close')} onClick={onClose} className="-mr-2" />
          </span>
        }
      >
        {unknown ? [t('send.fail'), waitText(problem, t)].filter(Boolean).join(' ') : undefined}
      </ErrorNotice>
    </div>
  );
}
