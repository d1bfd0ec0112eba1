import { fillText, type Values } from './fill-text.ts';
import { useWords, type Language } from './language.ts';

/** The texts of one screen, loaded with it: public pages have no room for those of all others. */
export type RouteTexts<Key extends string> = Record<Language, Record<Key, string>>;

export function useRouteTexts<Key extends string>(texts: RouteTexts<Key>): (key: Key, values?: Values) => string {
  const { language } = useWords();
  return (key, values) => fillText(texts[language][key], values);
}
