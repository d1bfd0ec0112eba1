import type { Profile } from '#contracts/accounts.ts';
import { readStored } from '../lib/theme.ts';

const key = 'daesa.profile';

/** Keeps who was logged in, without the address, for a page that is opened without network. */
export function rememberProfile(profile: Profile | null): Profile | null {
  try {
    if (profile) localStorage.setItem(key, JSON.stringify({ ...profile, email: null }));
    else localStorage.removeItem(key);
  } catch {
    // A full or forbidden storage: without network it is then a guest's page.
  }
  return profile;
}

export function rememberedProfile(): Profile | undefined {
  const stored = readStored(key);
  return stored === null ? undefined : (JSON.parse(stored) as Profile);
}
