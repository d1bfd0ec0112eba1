import { expect, test } from 'vitest';
import { unifyFormulas } from './tex-delimiters.ts';

test.each([
  ['in a line, by brackets', '답은 \\(x^2\\)예요', '답은 $$x^2$$예요'],
  ['in a line, by one dollar', '넓이는 $\\pi r^2$예요', '넓이는 $$\\pi r^2$$예요'],
  ['on its own lines, by brackets', '답:\n\\[\nx^2\n\\]\n끝', '답:\n$$\nx^2\n$$\n끝'],
  ['on its own line, by dollars', '$$x^2$$', '$$\nx^2\n$$'],
  ['on its own lines of a list', '1. 답\n   \\[\n   x\n   \\]', '1. 답\n   $$\n   x\n   $$'],
  ['in a line, by square brackets', '답 \\[ x \\] 예요', '답 $$x$$ 예요'],
  ['with Korean that it calls text', '$v = \\text{거리}$', '$$v = \\text{거리}$$'],
])('a formula is found %s', (_where, written, unified) => {
  expect(unifyFormulas(written)).toBe(unified);
});

test.each([
  '$5와 $10 사이',
  '5$와 10$를 냈어요',
  'it costs $5-$10, or US$20',
  '\\$x\\$는 그대로',
  '`$x$`와 ``\\(y\\)``',
  '```sh\necho $HOME $PATH$\n```\n끝',
  '~~~\n\\[ x \\]\n~~~',
  '```\n$a$ 아직 쓰는 중',
])('prices and code are no formulas: %s', (text) => {
  expect(unifyFormulas(text)).toBe(text);
});
