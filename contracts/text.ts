import { z } from 'zod';

/** Text as people write it: no NUL (PostgreSQL has none), lone surrogates replaced by U+FFFD. */
export const freeText = z
  .string()
  .refine((value) => !value.includes('\u0000'), { error: 'must not contain the character U+0000' })
  .overwrite((value) => value.toWellFormed());

/** Number of characters as people count them: code points, not UTF-16 units. */
function characters(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/** Characters that turn or hide the text around them: bidirectional overrides and isolates. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

/** A short name shown beside others: trimmed, one line, without bidirectional controls. Lengths in code points. */
export function nameText(minimum: number, maximum: number) {
  return freeText
    .overwrite((value) => value.replace(turning, '').replace(/\s+/g, ' ').trim())
    .refine((value) => characters(value) >= minimum && characters(value) <= maximum, {
      error: `takes ${minimum} to ${maximum} characters`,
    });
}

/** A text of `minimum` to `maximum` code points that is kept as it is. */
export function exactText(minimum: number, maximum: number) {
  return freeText.refine((value) => characters(value) >= minimum && characters(value) <= maximum, {
    error: `takes ${minimum} to ${maximum} characters`,
  });
}

/** A text of `minimum` to `maximum` code points that is not blank. */
export function longText(minimum: number, maximum: number) {
  return freeText.refine((value) => characters(value) <= maximum && value.trim().length >= minimum, {
    error:
      minimum > 0 ? `takes 1 to ${maximum} characters that are not all blank` : `takes at most ${maximum} characters`,
  });
}

/** UTC, ISO 8601 with milliseconds. */
export const instant = z.iso.datetime({ precision: 3 }).meta({ examples: ['2026-11-21T05:00:00.000Z'] });

/** An instant as a client gives it: any precision, any offset from UTC. */
export const givenInstant = z.iso
  .datetime({ offset: true })
  .overwrite((value) => {
    const at = Date.parse(value);
    return Number.isNaN(at) ? value : new Date(at).toISOString();
  })
  .meta({ examples: ['2026-11-21T05:00:00.000Z', '2026-11-21T14:00:00+09:00'] });

/** An id of a row of ours. */
export const rowId = z.int().positive();

/** The same in a path: plain digits, so that a row has one address. */
export const rowIdInPath = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .transform(Number)
  .pipe(rowId);
