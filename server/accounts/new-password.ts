import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from '../config.ts';
import { Problem } from '../errors.ts';
import { moduleUrl } from '../module-url.ts';

/** Passwords of people who use this list: a text with one a line, loaded when the first password is set. */
let commonPasswords: Promise<string> | undefined;

async function loadCommonPasswords(): Promise<string> {
  const program = fileURLToPath(moduleUrl('list-common-passwords', import.meta.url));
  // It needs nothing of what the environment holds.
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env: {} });
  return stdout;
}

async function isCommon(password: string): Promise<boolean> {
  commonPasswords ??= loadCommonPasswords().catch((error: unknown) => {
    // The next password loads it again.
    commonPasswords = undefined;
    throw error;
  });
  return (await commonPasswords).includes(`\n${password}\n`);
}

/** What a guesser tries first at this server and this account, beside the list. */
function nearbyWords(config: Config, names: (string | null)[]): string[] {
  const host = new URL(config.PUBLIC_URL).hostname.split('.').slice(0, -1);
  const own = names.flatMap((name) => (name === null ? [] : [name, ...name.split('@', 1)]));
  return ['daesa', '대사', '스토브리그', 'stoveleague', ...host, ...own]
    .map(lettersOf)
    .filter((word) => word.length > 1);
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}]/gu, '');
}

/** `Daesa2026!`: one of the words, once or more, with nothing around it but digits and signs. */
function isNearby(password: string, words: string[]): boolean {
  const letters = lettersOf(password);
  return letters !== '' && words.some((word) => letters.replaceAll(word, '') === '');
}

/** Refuses a password that is guessed first (ASVS 6.2.4, 6.2.11). Throws `weak_password`. */
export async function requireUncommon(config: Config, password: string, names: (string | null)[]): Promise<void> {
  if (config.COMMON_PASSWORDS === 'allow') return;
  const folded = password.normalize('NFKC').toLowerCase();
  if (!isNearby(folded, nearbyWords(config, names)) && !(await isCommon(folded))) return;
  const message = 'is one of those that are guessed first';
  throw new Problem('weak_password', `password: ${message}`, { errors: [{ path: 'password', message }] });
}
