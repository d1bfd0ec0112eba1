import type { ReactNode } from 'react';
import { PageHeader } from './page-header.tsx';
import { usePageTitle } from '../lib/page-title.ts';

interface PageProps {
  title: string;
  /** What the page is for, in one sentence. */
  lead?: string | undefined;
  action?: ReactNode;
  /** For two columns; otherwise a page is as wide as reads well. */
  wide?: boolean;
  children: ReactNode;
}

/** A page of reading width with its heading, which has the focus after a change of page. */
export function Page({ title, lead, action, wide = false, children }: PageProps) {
  const heading = usePageTitle(title);
  return (
    <>
      <PageHeader>
        <span />
      </PageHeader>
      <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto">
        <div className={`reading pb-16 ${wide ? 'max-w-5xl' : ''}`}>
          <div className="flex flex-wrap items-start justify-between gap-3 pt-2 pb-6">
            <div className="min-w-0 flex-1 basis-60">
              <h1 ref={heading} tabIndex={-1} className="text-xl text-balance">
                {title}
              </h1>
              {lead && <p className="mt-1 text-soft">{lead}</p>}
            </div>
            {action}
          </div>
          {children}
        </div>
      </main>
    </>
  );
}
