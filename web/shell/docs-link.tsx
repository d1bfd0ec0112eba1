import { apiAddress } from '../lib/api-address.ts';
import { useWords } from '../lib/language.ts';

/** The way to the documentation of the API, which needs no account. */
export function DocsLink() {
  const { t } = useWords();
  return (
    <a
      href={`${apiAddress()}/docs`}
      className="inline-flex h-9 items-center text-soft underline-offset-4 hover:text-ink hover:underline touch:h-11"
    >
      {t('nav.docs')}
    </a>
  );
}
