import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelText } from './model-text.ts';

function shown(deltas: string[]): string[] {
  const text = new ModelText();
  return [...deltas.map((delta) => text.push(delta)), text.end()];
}

test('an emoji that comes in two deltas is shown in one', () => {
  expect(shown(['a\ud83d', '\ude00b'])).toEqual(['a', '😀b', '']);
});

test('NUL and lone surrogates become U+FFFD', () => {
  expect(shown(['a\u0000b', '\ude00', 'c\ud83d', 'd', '\ud83d']).join('')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFD');
});

test('however a text is cut, what is shown is the text made well-formed, and every part of it is well-formed', () => {
  const units = fc.array(fc.constantFrom('a', '가', '\ud83d', '\ude00', '😀', '\u0000'), { maxLength: 30 });
  fc.assert(
    fc.property(units, (deltas) => {
      const parts = shown(deltas);
      expect(parts.join('')).toBe(deltas.join('').toWellFormed().replaceAll('\u0000', '\uFFFD'));
      expect(parts.every((part) => part.isWellFormed())).toBe(true);
    }),
  );
});
