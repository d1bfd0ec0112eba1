import { foldText } from '../search/grams.ts';

/*
 * Whether a quote has to do with a question. Grams alone say too little: in Korean every sentence shares endings
 * with every other one. What a word is about stands at its beginning, and particles and endings follow, so two
 * words count as one where they begin alike.
 */

/** Letters at the beginning of a word that have to be the same: syllables of Korean, letters of others. */
const KOREAN = 2;
const OTHER = 4;

/** Beginnings of words that say nothing about what is meant. */
const EMPTY = new Set(
  (
    '있어 있는 있나 있을 없어 없는 하는 하고 하면 해요 해줘 해서 했던 그래 그런 그냥 그게 이런 이게 저런 어떤 어떻 무슨 무엇 뭐야 ' +
    '누가 언제 어디 왜요 아니 우리 나는 내가 저는 제가 너는 네가 당신 사람 정말 너무 아주 많이 다시 지금 오늘 이제 때는 것은 것을 ' +
    '것이 거예 거야 같은 같아 되는 돼요 되고 입니 합니 습니 알려 추천 찾아 보여 말해 부탁 싶어 싶은 좋은 하나 ' +
    'that this with what when where which your have from about they them then there will would could should tell give show ' +
    'some like just into than been were does please'
  ).split(' '),
);

/** How people ask for a line without naming one. */
const LINE = /대사|명언|명장면|한\s?마디|구절|문구|스토브리그|\b(?:lines?|quotes?|saying|stove league)\b/;

function beginningOf(word: string): string | undefined {
  const length = /^\p{Script=Hangul}/u.test(word) ? KOREAN : OTHER;
  const beginning = word.slice(0, length);
  return beginning.length < length || EMPTY.has(beginning) || LINE.test(word) ? undefined : beginning;
}

/** The beginnings of a text's words that say what it is about. */
export function tellingWords(text: string): Set<string> {
  const words = foldText(text).split(/[^\p{L}\p{N}]+/u);
  return new Set(words.map(beginningOf).filter((beginning) => beginning !== undefined));
}

export function sharesWord(text: string, words: Set<string>): boolean {
  return [...tellingWords(text)].some((word) => words.has(word));
}

export function asksForLine(question: string): boolean {
  return LINE.test(foldText(question));
}
