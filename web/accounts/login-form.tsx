import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { logIn } from './account-queries.ts';

/** E-mail and password, then the second factor where the account has one. */
export function LoginForm({ onDone }: { onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const [asksCode, setAsksCode] = useState(false);
  const wrong = problem?.code === 'invalid_credentials';
  const wrongCode = problem?.code === 'otp_required';

  useEffect(() => {
    if (asksCode) form.current?.querySelector<HTMLInputElement>('[name=otp]')?.focus();
  }, [asksCode]);

  useEffect(() => {
    // On a touch screen the keyboard would cover what there is to choose from.
    if (!isTouchPrimary()) form.current?.querySelector('input')?.focus();
  }, []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    const values = new FormData(form.current!);
    setBusy(true);
    setProblem(undefined);
    try {
      const otp = values.get('otp');
      await logIn(queries, {
        email: String(values.get('email')),
        password: String(values.get('password')),
        ...(otp === null ? {} : { otp: String(otp) }),
      });
      onDone();
    } catch (error) {
      const found = asProblem(error);
      if (found.code === 'otp_required' && !asksCode) return setAsksCode(true);
      setProblem(found);
      if (found.code !== 'otp_required') setAsksCode(false);
      form.current?.querySelector<HTMLInputElement>(asksCode ? '[name=otp]' : '[name=password]')?.select();
    } finally {
      setBusy(false);
    }
  }

  return (
    <form ref={form} onSubmit={(event) => void submit(event)} className="space-y-4">
      <TextField
        label={t('auth.email')}
        name="email"
        type="email"
        autoComplete="email"
        required
        maxLength={254}
        className={asksCode ? 'hidden' : ''}
        aria-invalid={wrong || undefined}
      />
      <TextField
        label={t('auth.password')}
        name="password"
        type="password"
        autoComplete="current-password"
        required
        maxLength={256}
        className={asksCode ? 'hidden' : ''}
        error={wrong ? t('auth.bad') : undefined}
      />
      {asksCode && (
        <TextField
          label={t('auth.codeField')}
          name="otp"
          autoComplete="one-time-code"
          required
          maxLength={64}
          hint={t('auth.codeNote')}
          error={wrongCode ? t('auth.codeWrong') : undefined}
        />
      )}
      {problem && !wrong && !wrongCode && <ErrorNotice problem={problem} />}
      {wrong && (
        <p role="alert" className="sr-only">
          {t('auth.bad')}
        </p>
      )}
      <Button type="submit" look="primary" wide busy={busy} className="h-11">
        {t('auth.logIn')}
      </Button>
    </form>
  );
}
