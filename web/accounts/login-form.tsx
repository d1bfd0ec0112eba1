import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { logIn } from './account-queries.ts';

/** E-mail and password. */
export function LoginForm({ onDone }: { onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const wrong = problem?.code === 'invalid_credentials';

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
      await logIn(queries, { email: String(values.get('email')), password: String(values.get('password')) });
      onDone();
    } catch (error) {
      setProblem(asProblem(error));
      form.current?.querySelector<HTMLInputElement>('[name=password]')?.focus();
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
        aria-invalid={wrong || undefined}
      />
      <TextField
        label={t('auth.password')}
        name="password"
        type="password"
        autoComplete="current-password"
        required
        maxLength={256}
        error={wrong ? t('auth.bad') : undefined}
      />
      {problem && !wrong && <ErrorNotice>{problemText(problem, t)}</ErrorNotice>}
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
