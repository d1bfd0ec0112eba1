import { useRouteTexts } from '../lib/route-texts.ts';
import { TextField } from '../ui/text-field.tsx';
import { profileTexts } from './profile-texts.ts';

/** Asked for before what a stranger at an open computer must not do. Accounts without a password need a fresh login. */
export function CurrentPassword({ asked, error }: { asked: boolean; error: string | undefined }) {
  const t = useRouteTexts(profileTexts);
  if (!asked) return null;
  return (
    <TextField
      label={t('currentPassword')}
      name="current_password"
      type="password"
      autoComplete="current-password"
      required
      maxLength={256}
      error={error}
    />
  );
}

/** What the server is sent as the confirmation of a form. */
export function confirmationOf(values: FormData): { current_password?: string } {
  const password = values.get('current_password');
  return password === null ? {} : { current_password: String(password) };
}

export function useConfirmationFailures(): { current_password: string; forbidden: string } {
  const t = useRouteTexts(profileTexts);
  return { current_password: t('passwordWrong'), forbidden: t('freshLogin') };
}
