import { CircleAlert, CircleCheck, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ApiProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';

interface ErrorNoticeProps {
  /** What the server has said: its words where there are no other ones, and the number under which it knows of a fault of its own. */
  problem?: ApiProblem | undefined;
  children?: ReactNode;
  action?: ReactNode;
}

/** Something went wrong here, and what can be done about it. */
export function ErrorNotice({ problem, children, action }: ErrorNoticeProps) {
  const { t } = useWords();
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-alarm-ground px-4 py-2.5 text-ink"
    >
      <CircleAlert aria-hidden className="size-4 shrink-0 text-alarm" />
      <p className="min-w-0 flex-1 basis-48">
        {children ?? (problem && problemText(problem, t))}
        {problem?.requestId && problem.status >= 500 && (
          <>
            {' '}
            <code className="text-xs text-soft select-all">{problem.requestId}</code>
          </>
        )}
      </p>
      {action}
    </div>
  );
}

/** A whole place that has nothing to show (yet). */
export function EmptyState({
  icon: Icon,
  title,
  text,
  action,
}: {
  icon: LucideIcon;
  title: string;
  text?: string;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center px-6 py-16 text-center">
      <Icon aria-hidden className="mb-4 size-7 text-edge" strokeWidth={1.5} />
      <p className="text-base font-medium text-balance">{title}</p>
      {text && <p className="mt-1 max-w-80 text-soft text-balance">{text}</p>}
      {action && <div className="mt-6">{action}</div>}
    </div>
  );
}

/** Something went well, and is worth more than a toast. */
export function DoneNotice({ children }: { children: ReactNode }) {
  return (
    <output className="flex items-center gap-3 rounded-md bg-sunken px-4 py-2.5">
      <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
      <span className="min-w-0 flex-1">{children}</span>
    </output>
  );
}
