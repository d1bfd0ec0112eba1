import { chooseLanguage, useWords } from '../lib/language.ts';

/** For pages without the account menu: one press changes to the other language, named in that language. */
export function LanguageSwitch() {
  const { language } = useWords();
  const other = language === 'ko' ? 'en' : 'ko';
  return (
    <button
      type="button"
      lang={other}
      onClick={() => void chooseLanguage(other)}
      className="-mr-3 h-9 rounded-md px-3 text-soft hover:bg-sunken hover:text-ink touch:h-11"
    >
      {other === 'ko' ? '한국어' : 'English'}
    </button>
  );
}
