/**
 * What text search stands on, the same on every database: a text is folded, then cut into overlapping grams,
 * and a gram is kept as a number. A gram has two characters where it begins with one of a script that writes
 * syllables or words in one (Hangul, Han, Kana), and three elsewhere; so any two Korean syllables and any three
 * Latin letters are found, wherever they stand in a word. None begins or ends with a space: a space is in the middle of
 * the one gram that joins two words.
 */

/** NFC, lower case, every run of white space one space: what two spellings of a text have in common. */
export function foldText(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC').replace(/\s+/g, ' ').trim();
}

// Kana, Han and Hangul: https://www.unicode.org/Public/UCD/latest/ucd/Blocks.txt
function isDense(code: number): boolean {
  return (code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff);
}

/** FNV-1a, https://www.rfc-editor.org/rfc/rfc9923, kept to 31 bits so that it is a positive integer everywhere. */
function hash(text: string, from: number, length: number): number {
  let value = 0x811c9dc5;
  for (let index = from; index < from + length; index += 1) {
    const code = text.charCodeAt(index);
    value = Math.imul(value ^ (code & 0xff), 0x01000193);
    value = Math.imul(value ^ (code >>> 8), 0x01000193);
  }
  return (value ^ (value >>> 15)) & 0x7fffffff;
}

const SPACE = 0x20;

function eachGram(folded: string, take: (from: number, length: number) => void): void {
  for (let index = 0; index < folded.length - 1; index += 1) {
    const first = folded.charCodeAt(index);
    if (first === SPACE) continue;
    const length = isDense(first) && folded.charCodeAt(index + 1) !== SPACE ? 2 : 3;
    const end = index + length;
    if (end <= folded.length && folded.charCodeAt(end - 1) !== SPACE) take(index, length);
  }
}

/** The distinct grams of a folded text. */
export function gramsOf(folded: string): number[] {
  const grams = new Set<number>();
  eachGram(folded, (from, length) => grams.add(hash(folded, from, length)));
  return [...grams];
}

/** The same as pieces of text: few of them are found in a long text sooner than all grams of that are made. */
export function piecesOf(folded: string): string[] {
  const pieces = new Set<string>();
  eachGram(folded, (from, length) => pieces.add(folded.slice(from, from + length)));
  return [...pieces];
}

/** A gram that every text of one collection has beside its own, so that a search reads only the collection it is for. */
export function scopeGram(scope: string): number {
  return hash(scope, 0, scope.length);
}
