const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The day of an instant in a zone, as 2026-11-21. */
export function dayOf(instant: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    instant,
  );
}

/** Days from one day to another, both as 2026-11-21. */
function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / (24 * HOUR));
}

export interface DateStyle {
  locale: string;
  timeZone: string;
  now: number;
}

/** "방금", "5분 전", "어제", "11월 21일", and with the year once it is another one. */
export function sayWhen(instant: number, { locale, timeZone, now }: DateStyle, justNow: string): string {
  const passed = now - instant;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  const days = daysBetween(dayOf(instant, timeZone), dayOf(now, timeZone));
  if (passed < MINUTE) return justNow;
  if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), 'minute');
  if (days === 0) return relative.format(-Math.floor(passed / HOUR), 'hour');
  if (days === 1) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-1, 'day');
  return sayDay(dayOf(instant, timeZone), { locale, timeZone, now });
}

/** A day in words: "오늘", "어제", "11월 19일", "2025년 11월 19일". */
export function sayDay(day: string, { locale, timeZone, now }: DateStyle): string {
  const days = daysBetween(day, dayOf(now, timeZone));
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day');
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  const sameYear = day.slice(0, 4) === dayOf(now, timeZone).slice(0, 4);
  return new Intl.DateTimeFormat(locale, {
    timeZone: 'UTC',
    month: 'long',
    day: 'numeric',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(Date.parse(day));
}

/** A quarter of an hour is waited for by the second. */
const LONGEST_IN_SECONDS = 900;

/** From now on: "30초 후", "40분 후"; never sooner than it is. */
export function sayWait(seconds: number, locale: string): string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  return seconds > LONGEST_IN_SECONDS
    ? relative.format(Math.ceil(seconds / 60), 'minute')
    : relative.format(Math.ceil(seconds), 'second');
}

/** The exact time, for tool tips. */
export function sayExactly(instant: number, { locale, timeZone }: Omit<DateStyle, 'now'>): string {
  return new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'long', timeStyle: 'medium' }).format(instant);
}

/** "내일 0시" needs the clock alone: the time of day in a zone, as "00:00". */
export function clockOf(instant: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(instant);
}
