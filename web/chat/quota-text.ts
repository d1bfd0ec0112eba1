import type { Quota } from '#contracts/accounts.ts';
import { clockOf, dayOf } from '../lib/dates.ts';
import type { Words } from '../lib/language.ts';

/** "오늘 3번 더 물어볼 수 있어요". Undefined where there is no limit or nothing is left. */
export function quotaLeft({ remaining }: Quota, { t }: Pick<Words, 't'>): string | undefined {
  if (remaining === null || remaining === 0) return undefined;
  return remaining === 1 ? t('quota.last') : t('quota.left', { n: remaining });
}

/** What is said when nothing is left: when the server's day ends, in its zone and, where that differs, in the person's. */
export function quotaZero({ limit, resets_at, time_zone }: Quota, words: Words, now: number, ownZone: string): string {
  const { t } = words;
  if (!limit) return t('quota.none');
  const resetsAt = Date.parse(resets_at);
  const time = clockOf(resetsAt, time_zone);
  const whole = t('quota.zero', { n: limit, hour: Number(time.slice(0, 2)), time, zone: zoneName(time_zone, words) });
  if (clockOf(now, ownZone) === clockOf(now, time_zone) && dayOf(now, ownZone) === dayOf(now, time_zone)) return whole;
  const local = new Intl.DateTimeFormat(words.locale, {
    timeZone: ownZone,
    dateStyle: 'medium',
    timeStyle: 'short',
  }).format(resetsAt);
  return `${whole} ${t('quota.local', { time: local })}`;
}

function zoneName(timeZone: string, { t, locale }: Words): string {
  if (timeZone === 'Asia/Seoul') return t('quota.seoul');
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'shortGeneric' }).formatToParts();
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}
