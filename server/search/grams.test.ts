import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldText, gramsOf } from './grams.ts';

const includes = (text: string, query: string) => {
  const grams = new Set(gramsOf(foldText(text)));
  return gramsOf(foldText(query)).every((gram) => grams.has(gram));
};

test('two Korean syllables and three Latin letters have a gram, wherever they stand', () => {
  expect(gramsOf('가나')).toHaveLength(1);
  expect(gramsOf('abc')).toHaveLength(1);
  expect(includes('오늘은 스토브리그를 봤어요', '브리')).toBe(true);
  expect(includes('Understanding', 'STAND')).toBe(true);
  expect(includes('스토브리그', '리브')).toBe(false);
});

test('a word of one syllable or letter is found with the next word', () => {
  expect(gramsOf(foldText('집 앞'))).toHaveLength(1);
  expect(includes('우리 집 앞에서', '집 앞')).toBe(true);
  expect(includes('우리 집에 앞에서', '집 앞')).toBe(false);
  expect(includes('This is a test', 's a')).toBe(true);
});

test('NFD is found by NFC, and capitals by small letters', () => {
  expect(includes('강해서'.normalize('NFD'), '해서')).toBe(true);
  expect(includes('CAFÉ', 'café'.normalize('NFD'))).toBe(true);
});

test('every part of a text has all its grams in the text', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(text, fc.nat(60), fc.nat(60), (whole, from, to) => {
      const folded = foldText(whole);
      const part = folded.slice(Math.min(from, to), Math.max(from, to));
      const grams = new Set(gramsOf(folded));
      expect(gramsOf(part).every((gram) => grams.has(gram))).toBe(true);
    }),
  );
});
