import { expect, test } from 'vitest';
import { fillText } from '../lib/fill-text.ts';
import type { Words } from '../lib/language.ts';
import { en } from '../text/en.ts';
import { ko } from '../text/ko.ts';
import { quotaLeft, quotaZero } from './quota-text.ts';

const korean: Words = { language: 'ko', locale: 'ko-KR', t: (key, values) => fillText(ko[key], values) };
const english: Words = { language: 'en', locale: 'en-US', t: (key, values) => fillText(en[key], values) };
const quota = { limit: 5, used: 5, remaining: 0, resets_at: '2026-11-21T15:00:00.000Z', time_zone: 'Asia/Seoul' };
const now = Date.parse('2026-11-21T05:00:00.000Z');

test('what is left of a day is said as a number, and the last question by its name', () => {
  expect(quotaLeft({ ...quota, remaining: 3 }, korean)).toBe('오늘 3번 더 물어볼 수 있어요');
  expect(quotaLeft({ ...quota, remaining: 1 }, korean)).toBe('오늘 마지막 질문이에요');
  expect(quotaLeft({ ...quota, remaining: 3 }, english)).toBe('3 questions left today');
  expect(quotaLeft({ ...quota, limit: null, remaining: null }, korean)).toBeUndefined();
});

test("a used-up day names the server's midnight", () => {
  expect(quotaZero(quota, korean, now, 'Asia/Seoul')).toBe(
    '오늘 질문을 모두 썼어요. 내일 0시(한국 시간)에 다시 5번 물어볼 수 있어요.',
  );
  expect(quotaZero(quota, english, now, 'Asia/Seoul')).toBe(
    "You've used today's 5 questions. They refill at 00:00 KST.",
  );
});

test("and the person's own time where that is another", () => {
  expect(quotaZero(quota, english, now, 'America/New_York')).toMatch(/Nov 21, 2026, 10:00\sAM/);
});
