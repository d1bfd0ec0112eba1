import { useSyncExternalStore } from 'react';
import type { ko } from '../text/ko.ts';
import { fillText, type Values } from './fill-text.ts';
import { loadPart } from './parts.ts';
import { readStored } from './theme.ts';

/**
 * The words of the app in the person's language. Own, because a library costs 17 kB of the 130 that a public
 * page may weigh, and because a key that does not exist is a type error here.
 */
export const languages = ['ko', 'en'] as const;
export type Language = (typeof languages)[number];
export type TextKey = keyof typeof ko;
type Texts = Record<TextKey, string>;

const loaders: Record<Language, () => Promise<Texts>> = {
  ko: async () => (await loadPart(() => import('../text/ko.ts'))).ko,
  en: async () => (await loadPart(() => import('../text/en.ts'))).en,
};
const key = 'daesa.language';
const listeners = new Set<() => void>();

export type Translate = (key: TextKey, values?: Values) => string;

export interface Words {
  language: Language;
  /** For Intl. */
  locale: string;
  t: Translate;
}

let words: Words | undefined;

export function preferredLanguage(): Language {
  const wanted = readStored(key) ?? navigator.language;
  return wanted.startsWith('ko') ? 'ko' : 'en';
}

/** Loads the words of a language and shows them; awaited once before the first render. */
export async function showLanguage(language: Language): Promise<void> {
  const texts = await loaders[language]();
  words = {
    language,
    locale: language === 'ko' ? 'ko-KR' : 'en-US',
    t: (name, values) => fillText(texts[name], values),
  };
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(key, language);
  await showLanguage(language);
}

export function currentWords(): Words {
  if (!words) throw new Error('No language is loaded yet.');
  return words;
}

export function useWords(): Words {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentWords);
}
