import { describe, expect, test } from 'vitest';
import { createEventParser, type ServerEvent } from './sse-parser.ts';

function parse(...pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const feed = createEventParser((event) => events.push(event));
  for (const piece of pieces) feed(piece);
  return events;
}

describe('an event stream', () => {
  test('gives the same events however its bytes are cut', () => {
    const text = 'event: chunk\nid: 3\ndata: {"a":"안녕"}\n\n:\n\nid: 9\ndata: one\ndata: two\n\n';
    const whole = parse(text);
    expect(whole).toEqual([
      { id: '3', data: '{"a":"안녕"}' },
      { id: '9', data: 'one\ntwo' },
    ]);
    for (let cut = 1; cut < text.length; cut += 1) expect(parse(text.slice(0, cut), text.slice(cut))).toEqual(whole);
  });

  test('may end its lines with CR and CRLF, also when the pair is cut apart', () => {
    expect(parse('data: a\r', '\n\r\n', 'data: b\r\r', 'data')).toEqual([
      { id: undefined, data: 'a' },
      { id: undefined, data: 'b' },
    ]);
  });

  test('gives nothing for heartbeats and for an event that broke off', () => {
    expect(parse(':\n\n:\n\nid: 4\ndata: half')).toEqual([]);
  });
});
