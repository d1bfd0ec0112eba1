import { expect, test } from 'vitest';
import { isLong } from './long-text.ts';
import { isBlank, messageOf, percentTooLong, pieceOf, putBefore, readDraft, storedDraft } from './message-draft.ts';

const lines = (count: number) => Array.from({ length: count }, (_, line) => `${line + 1}`).join('\n');

test('a paste is long above 10,000 characters or 500 lines', () => {
  expect([lines(500), lines(501), 'a'.repeat(10_000), 'a'.repeat(10_001)].map(isLong)).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test('what is sent is what was typed, a blank line, and what was pasted', () => {
  const piece = pieceOf('하나\r\n둘\r셋');
  expect(piece.lines).toBe(3);
  expect(messageOf({ typed: '줄여 주세요', pieces: [piece] })).toBe('줄여 주세요\n\n하나\n둘\n셋');
  expect(messageOf({ typed: ' \n', pieces: [piece] })).toBe('하나\n둘\n셋');
  expect(messageOf({ typed: ' 그대로 ', pieces: [] })).toBe(' 그대로 ');
});

test('a draft is read as it was kept, also one from before there were pieces', () => {
  const draft = { typed: '앞\n\n뒤', pieces: [pieceOf('첫째\n\n글'), pieceOf('둘째')] };
  expect(readDraft(storedDraft(draft))).toEqual(draft);
  expect(readDraft('쓰던 글')).toEqual({ typed: '쓰던 글', pieces: [] });
  expect(storedDraft({ typed: '', pieces: [] })).toBe('');
  // The mark between pieces does not divide a text that has it.
  expect(readDraft(storedDraft({ typed: 'a\u001eb', pieces: [pieceOf('c\u001ed')] }))).toEqual({
    typed: 'ab',
    pieces: [pieceOf('cd')],
  });
});

test('a piece alone is a message, an empty one is none', () => {
  expect(isBlank({ typed: ' ', pieces: [] })).toBe(true);
  expect(isBlank({ typed: '', pieces: [pieceOf('글')] })).toBe(false);
});

test('a message is as long as its body takes bytes', () => {
  const korean = (length: number) => '가'.repeat(length);
  expect(percentTooLong({ typed: '', pieces: [pieceOf(korean(349_000))] })).toBe(0);
  expect(percentTooLong({ typed: korean(1_000), pieces: [pieceOf(korean(349_000))] })).toBe(1);
  expect(percentTooLong({ typed: '', pieces: [pieceOf('\n'.repeat(1_000_000))] })).toBe(91);
});

test('a message that was refused stands before what was written since', () => {
  const back = { typed: '질문', pieces: [pieceOf('글')] };
  expect(putBefore(back, { typed: '', pieces: [] })).toEqual(back);
  expect(putBefore(back, { typed: '다음', pieces: [] })).toEqual({ typed: '질문\n\n다음', pieces: back.pieces });
});
