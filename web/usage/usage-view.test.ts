import { expect, test } from 'vitest';
import { daysBefore, daysOf, sayChange } from './usage-view.ts';

test('a range is compared with as many days right before it', () => {
  const days = daysOf('7', 'Asia/Seoul', Date.parse('2026-03-02T15:30:00Z'));
  expect([days[0], days.at(-1), days.length]).toEqual(['2026-02-25', '2026-03-03', 7]);
  const before = daysBefore(days);
  expect([before[0], before.at(-1), before.length]).toEqual(['2026-02-18', '2026-02-24', 7]);
});

test('a change is in percent, and none where there was nothing or nobody knows the price', () => {
  expect(sayChange(12, 10, 'ko-KR')).toBe('+20%');
  expect(sayChange(5, 10, 'en-US')).toBe('-50%');
  expect(sayChange(10, 10, 'ko-KR')).toBe('0%');
  expect([sayChange(1, 0, 'ko-KR'), sayChange(null, 1, 'ko-KR'), sayChange(1, null, 'ko-KR')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
