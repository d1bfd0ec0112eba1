import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { findSecret, keepSecret } from './realtime-secrets.store.ts';

const PREFIX = 'ek_daesa_';

export const secretBody = z.object({
  expires_after: z
    .object({ anchor: z.literal('created_at').optional(), seconds: z.int().min(10).max(7_200) })
    .optional(),
  session: z
    .looseObject({ type: z.enum(['realtime', 'transcription']).optional(), model: z.string().max(300).optional() })
    .optional(),
});

/** A session as it was asked for when its key was made; `beta`: in the shapes that have ended. */
export interface KeptSession {
  session: Record<string, unknown>;
  beta: boolean;
}

interface SecretParts {
  database: Database;
  clock: () => number;
}

export const isSecret = (token: string) => token.startsWith(PREFIX);

const digest = (purpose: string, secret: string) => createHash('sha256').update(`${purpose} ${secret}`);

/** What the secret was made with is kept under a key that only the secret gives. */
function seal(secret: string, token: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', digest('seal', secret).digest(), iv);
  const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

function unseal(secret: string, text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', digest('seal', secret).digest(), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}

/**
 * Makes a short-lived key for a page: it opens realtime sessions and nothing else, as long as the key or login
 * that it was made with stands.
 */
export async function makeSecret(
  parts: SecretParts,
  args: { userId: number; token: string; kept: KeptSession; seconds: number },
): Promise<{ value: string; expiresAt: number }> {
  const value = PREFIX + randomBytes(24).toString('base64url');
  const now = parts.clock();
  const expiresAt = Math.floor(now / 1_000) + args.seconds;
  const row = {
    secret_hash: digest('find', value).digest('base64url'),
    user_id: args.userId,
    sealed_token: seal(value, args.token),
    session: JSON.stringify(args.kept),
    expires_at: expiresAt * 1_000,
  };
  await parts.database.write(keepSecret, { row, now });
  return { value, expiresAt };
}

/** The credential behind a short-lived key, and its session; undefined for one that has ended or never was. */
export async function openSecret(
  { database, clock }: SecretParts,
  value: string,
): Promise<{ token: string; kept: KeptSession } | undefined> {
  const secretHash = digest('find', value).digest('base64url');
  const row = await findSecret(database.read, { secretHash, now: clock() });
  if (!row) return undefined;
  return { token: unseal(value, row.sealed_token), kept: JSON.parse(row.session) as KeptSession };
}
