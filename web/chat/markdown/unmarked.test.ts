import { expect, test } from 'vitest';
import { unmarked } from './unmarked.ts';

test('what is read before its library is there has no marks around its words', () => {
  const markdown =
    '## 제목\n\n**굵은** 말이에요.\n\n| 요일 | 할 일 |\n| - | :-: |\n| 월 | 걷기 |\n\n- 하나 | 둘\n---\n';
  expect(unmarked(markdown)).toBe('제목\n\n굵은 말이에요.\n\n요일 | 할 일\n월 | 걷기\n\n- 하나 | 둘\n---\n');
});
