import { expect, test } from 'vitest';
import { redact } from './redact.ts';

test.each([
  [
    'Incorrect API key provided: sk-proj-****************abcd. You can find it',
    'Incorrect API key provided: [key]. You can find it',
  ],
  ['Incorrect API key provided: sk-…abcd.', 'Incorrect API key provided: [key].'],
  ['bad key sk-abc.def_ghi-JKL', 'bad key [key]'],
  ['header was Bearer abc.def==', 'header was [key]'],
  ['your-ke**********7890 is wrong', '[key] is wrong'],
  ['local-secret-1 is wrong', '[key] is wrong'],
  ['cannot reach http://user:pass@host/v1', 'cannot reach http://[key]host/v1'],
  ['line one\r\nline\ttwo\u0000', 'line one line two'],
  ['Still loading… please wait', 'Still loading… please wait'],
])('%j is told as %j', (message, told) => {
  expect(redact(message, ['local-secret-1'])).toBe(told);
});

test('a long message is cut, and a hostile one costs no time', () => {
  const started = performance.now();
  expect(redact('a'.repeat(60_000), []).length).toBe(300);
  expect(redact(`${'x-'.repeat(30_000)}`, []).length).toBe(300);
  // Backtracking would take minutes; a busy machine takes a moment longer.
  expect(performance.now() - started).toBeLessThan(5_000);
});
