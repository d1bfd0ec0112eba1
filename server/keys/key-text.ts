import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const KEY_PREFIX = 'sk-daesa-';
const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 40;
const CHECKSUM_LENGTH = 6;
const pattern = new RegExp(`^${KEY_PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);

/** 40 letters and digits are 238 random bits; bytes past 247 would favour the first letters. */
function randomLetters(): string {
  let text = '';
  while (text.length < RANDOM_LENGTH) {
    for (const byte of randomBytes(64)) {
      if (byte < 248 && text.length < RANDOM_LENGTH) text += letters[byte % 62];
    }
  }
  return text;
}

function checksumOf(random: string): string {
  let value = crc32(random);
  let text = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    text = letters[value % 62] + text;
    value = Math.floor(value / 62);
  }
  return text;
}

/** SHA-256: the key has full entropy, so a slow hash would add nothing. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

/** A new key, its hash, and what may be shown of it later. */
export function newKey(): { key: string; keyHash: string; shown: string } {
  const random = randomLetters();
  const key = `${KEY_PREFIX}${random}${checksumOf(random)}`;
  return { key, keyHash: hashKey(key), shown: `${key.slice(0, KEY_PREFIX.length + 4)}…${key.slice(-4)}` };
}

/** Whether a token means to be a key of ours. */
export function isKey(token: string): boolean {
  return token.startsWith(KEY_PREFIX);
}

/** Whether its checksum is right: mistyped and cut keys are refused without a look into the database. */
export function isWellFormedKey(token: string): boolean {
  if (!pattern.test(token)) return false;
  const random = token.slice(KEY_PREFIX.length, KEY_PREFIX.length + RANDOM_LENGTH);
  return token.endsWith(checksumOf(random));
}
