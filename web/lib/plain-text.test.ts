import { expect, test } from 'vitest';
import { textToHear } from './plain-text.ts';

test('a screen reader hears the words of an answer and none of its marks', () => {
  expect(textToHear('## 제목\n\n- **굵은** 글과 [링크](https://a.example)\n\n```js\nlet a;\n```')).toBe(
    '제목 굵은 글과 링크 let a;',
  );
});

test('of a long answer it hears the first sentence', () => {
  expect(textToHear(`짧은 첫 문장이에요. ${'길어요. '.repeat(200)}`)).toBe('짧은 첫 문장이에요.');
});
