import { describe, expect, test } from 'vitest';
import { clockOf, dayOf, sayDay, sayWait, sayWhen } from './dates.ts';

const now = Date.parse('2026-11-21T05:00:00.000Z'); // 14:00 in Seoul
const korean = { locale: 'ko-KR', timeZone: 'Asia/Seoul', now };
const english = { locale: 'en-US', timeZone: 'Asia/Seoul', now };
const ago = (ms: number) => sayWhen(now - ms, korean, '방금');

describe('a time is said', () => {
  test('in minutes, hours and days, as people say it', () => {
    expect(ago(10_000)).toBe('방금');
    expect(ago(5 * 60_000)).toBe('5분 전');
    expect(ago(3 * 3_600_000)).toBe('3시간 전');
    expect(ago(15 * 3_600_000)).toBe('어제');
    expect(ago(4 * 86_400_000)).toBe('11월 17일');
    expect(ago(400 * 86_400_000)).toBe('2025년 10월 17일');
    expect(sayWhen(now - 5 * 60_000, english, 'just now')).toBe('5 minutes ago');
  });

  test('by the day of the quota, not of the machine', () => {
    expect(dayOf(Date.parse('2026-11-20T14:59:00.000Z'), 'Asia/Seoul')).toBe('2026-11-20');
    expect(dayOf(Date.parse('2026-11-20T15:01:00.000Z'), 'Asia/Seoul')).toBe('2026-11-21');
    expect(sayDay('2026-11-21', korean)).toBe('오늘');
    expect(sayDay('2026-11-20', english)).toBe('Yesterday');
    expect(sayDay('2026-11-19', english)).toBe('November 19');
    expect(sayDay('2025-11-19', korean)).toBe('2025년 11월 19일');
  });

  test('as a clock in a zone', () => {
    expect(clockOf(Date.parse('2026-11-21T15:00:00.000Z'), 'Asia/Seoul')).toBe('00:00');
  });

  test('as what there is to wait, never less than it is', () => {
    expect([5, 900, 901, 3_600].map((seconds) => sayWait(seconds, 'ko-KR'))).toEqual([
      '5초 후',
      '900초 후',
      '16분 후',
      '60분 후',
    ]);
    expect(sayWait(1, 'en-US')).toBe('in 1 second');
  });
});
