import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventStreamParser } from './event-stream.ts';

function eventsOf(chunks: Uint8Array[], maxEventBytes?: number): Array<[data: string, name: string]> {
  const events: Array<[string, string]> = [];
  const parser = new EventStreamParser((data, name) => events.push([data, name]), undefined, maxEventBytes);
  for (const chunk of chunks) parser.push(Buffer.from(chunk));
  return events;
}

function rechunk(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (let index = 0; from < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return chunks;
}

describe('events are cut from bytes', () => {
  test('data lines of one event are joined, comments and unknown fields ignored', () => {
    const text = ': hello\nid: 7\nretry: 10\nevent: error\ndata: one\ndata:two\ndata\n\ndata: three\n\n';
    expect(eventsOf([Buffer.from(text)])).toEqual([
      ['one\ntwo\n', 'error'],
      ['three', ''],
    ]);
  });

  test('an event without its blank line is not an event yet', () => {
    expect(eventsOf([Buffer.from('data: one\n\ndata: two\n')])).toEqual([['one', '']]);
  });

  test.each(['\n', '\r\n', '\r'])(
    'line end %j in any packing gives the same events, Hangul and emoji whole',
    (lineEnd) => {
      const lines = [
        'data: 안녕하세요 👩‍👩‍👧‍👦',
        '',
        ': 쉬는 시간',
        'event: 이름',
        'data: 둘',
        'data: 셋',
        '',
        'data: 끝',
        '',
        '',
      ];
      const bytes = Buffer.from(`\uFEFF${lines.join(lineEnd)}`);
      const expected = [
        ['안녕하세요 👩‍👩‍👧‍👦', ''],
        ['둘\n셋', '이름'],
        ['끝', ''],
      ];
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 }), (sizes) => {
          expect(eventsOf(rechunk(bytes, sizes))).toEqual(expected);
        }),
        { numRuns: 200 },
      );
    },
  );

  test('a line that never ends is given up at the size limit', () => {
    const flood = Array.from({ length: 20 }, () => Buffer.alloc(100, 'a'));
    expect(() => eventsOf([Buffer.from('data: '), ...flood], 1000)).toThrow(RangeError);
  });

  test('an event of ever more lines is given up at the size limit', () => {
    const flood = Array.from({ length: 200 }, () => Buffer.from('data: 0123456789\n'));
    expect(() => eventsOf(flood, 1000)).toThrow(RangeError);
  });
});
