import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { Database } from '../db/database.ts';
import { findTwoFactor, useRecoveryCode, useStep } from './two-factor.store.ts';
import { hashToken } from './token.ts';

const PERIOD_S = 30;
/** Codes of so many steps before and after now are taken: clocks differ. */
const WINDOW = 1;
const RECOVERY_CODES = 10;
// Without letters and digits that look alike.
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

export function newSecret(): string {
  return new Secret({ size: 20 }).base32;
}

function totpOf(secret: string, label = ''): TOTP {
  return new TOTP({ issuer: 'Daesa', label, secret: Secret.fromBase32(secret), period: PERIOD_S, digits: 6 });
}

/** What a QR code holds for an authenticator app. */
export function setupUri(secret: string, label: string): string {
  return totpOf(secret, label).toString();
}

/** The time step whose code this is, or undefined. */
export function stepOf(secret: string, code: string, now: number): number | undefined {
  const digits = code.replaceAll(' ', '');
  if (!/^\d{6}$/.test(digits)) return undefined;
  const delta = totpOf(secret).validate({ token: digits, timestamp: now, window: WINDOW });
  return delta === null ? undefined : Math.floor(now / 1_000 / PERIOD_S) + delta;
}

/** `abcdef-ghijkm-npqrst-uvwxyz`: 118 random bits, so a fast hash keeps them (ASVS 6.5.2); each is used once. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const group = () => Array.from({ length: 6 }, randomLetter).join('');
    return [group(), group(), group(), group()].join('-');
  });
}

function randomLetter(): string {
  // Bytes past the last whole alphabet are thrown away, so that every letter is as likely.
  for (;;) {
    const [byte] = randomBytes(1);
    if (byte! < 256 - (256 % ALPHABET.length)) return ALPHABET[byte! % ALPHABET.length]!;
  }
}

export function hashRecoveryCode(code: string): string {
  return hashToken(code.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}

/** Whether a second factor is asked for, and whether `otp` is one. A code that was right is used up. */
export async function checkSecondFactor(
  database: Database,
  args: { userId: number; otp: string | undefined; now: number },
): Promise<'not asked' | 'right' | 'missing' | 'wrong'> {
  const { userId, otp, now } = args;
  const factor = await findTwoFactor(database.read, userId);
  if (factor?.enabled_at == null) return 'not asked';
  if (!otp) return 'missing';
  const step = stepOf(factor.secret, otp, now);
  const right =
    step === undefined
      ? await database.write(useRecoveryCode, { userId, codeHash: hashRecoveryCode(otp), now })
      : await database.write(useStep, { userId, step });
  return right ? 'right' : 'wrong';
}
