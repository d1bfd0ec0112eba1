import type { ErrorComponentProps } from '@tanstack/react-router';
import { CloudAlert } from 'lucide-react';
import { useState } from 'react';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { reloadOnce } from '../lib/new-version.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { MissingPart } from '../lib/parts.ts';
import { problemText } from '../lib/problem-text.ts';
import { Button } from '../ui/button.tsx';

/** A page that failed; the shell around it stays alive. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const { t } = useWords();
  const problem = asProblem(error);
  // After a deployment, the parts of the page that stands here may be gone.
  const missing = error instanceof MissingPart;
  const [reloads] = useState(() => missing && reloadOnce());
  const outdated = missing && navigator.onLine;
  const heading = usePageTitle(t('problem.title'));
  if (reloads) return null;
  return (
    <main id="main" tabIndex={-1} className="grid min-h-full flex-1 place-items-center px-6 py-16 text-center">
      <div className="max-w-88">
        <CloudAlert aria-hidden className="mx-auto mb-4 size-8 text-edge" strokeWidth={1.5} />
        <h1 ref={heading} tabIndex={-1} className="text-lg">
          {outdated ? t('problem.newVersion') : t('problem.title')}
        </h1>
        <p className="mt-2 text-soft">
          {outdated ? t('problem.newVersionNote') : missing ? t('problem.unreachable') : problemText(problem, t)}
        </p>
        {problem.requestId && <code className="mt-3 block text-xs text-soft select-all">{problem.requestId}</code>}
        <Button className="mt-6" onClick={() => (missing ? location.reload() : reset())}>
          {missing ? t('action.reload') : t('action.tryAgain')}
        </Button>
      </div>
    </main>
  );
}
