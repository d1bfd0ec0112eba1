import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { buttonClass } from '../ui/button.tsx';

/** Also for what exists and is somebody else's: the two look the same. */
export function NotFoundPage() {
  const { t } = useWords();
  const heading = usePageTitle(t('notFound.title'));
  return (
    <main id="main" tabIndex={-1} className="grid min-h-full flex-1 place-items-center px-6 py-16 text-center">
      <div className="max-w-88">
        <Compass aria-hidden className="mx-auto mb-4 size-8 text-edge" strokeWidth={1.5} />
        <h1 ref={heading} tabIndex={-1} className="text-lg">
          {t('notFound.title')}
        </h1>
        <p className="mt-2 text-soft text-balance">{t('notFound.text')}</p>
        <Link to="/" className={`${buttonClass()} mt-6`}>
          {t('nav.newChat')}
        </Link>
      </div>
    </main>
  );
}
