import type { Consent } from '#contracts/accounts.ts';
import type { Config } from '../config.ts';
import { invalidField } from '../errors.ts';

/** What whoever joins has to agree to, by the settings. */
export function consentsOf(config: Pick<Config, 'TERMS_URL' | 'PRIVACY_URL'>): Consent[] {
  const { TERMS_URL: terms, PRIVACY_URL: privacy } = config;
  return [
    ...(terms ? [{ name: 'terms' as const, href: terms }] : []),
    ...(privacy ? [{ name: 'privacy' as const, href: privacy }] : []),
  ];
}

/** Throws `invalid` where something that has to be agreed to is not among `given`. */
export function requireConsents(needed: Consent[], given: string[] = []): void {
  const missing = needed.filter(({ name }) => !given.includes(name));
  if (missing.length === 0) return;
  throw invalidField('consents', `needs ${missing.map(({ name, href }) => `"${name}" (${href})`).join(' and ')}`);
}
