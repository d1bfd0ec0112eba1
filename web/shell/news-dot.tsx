import { useQuery } from '@tanstack/react-query';
import { useWords } from '../lib/language.ts';
import { noticesQuery } from '../quotes/notices-query.ts';

/** Says that something has become of the person's own requests. */
export function NewsDot() {
  const { t } = useWords();
  const { data } = useQuery(noticesQuery);
  if (!data?.unread) return null;
  return (
    <span className="ml-auto size-2 rounded-full bg-ember">
      <span className="sr-only">{t('nav.boardNews')}</span>
    </span>
  );
}
