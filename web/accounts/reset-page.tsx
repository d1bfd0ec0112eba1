import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { asProblem, send, type ApiProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { AccountLayout, linkClass } from './account-layout.tsx';
import { accountKeys } from './account-queries.ts';
import { resetTexts } from './reset-texts.ts';

/** Where the link of the mail leads: its token stands behind `#`, where no server sees it. */
export function ResetPage() {
  const t = useRouteTexts(resetTexts);
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  const [step, setStep] = useState<'ask' | 'done' | 'bad'>(token ? 'ask' : 'bad');
  const heading = usePageTitle(t(`${step === 'ask' ? 'reset' : step}Title`));
  useEffect(() => {
    // The token has no business in the history of the browser.
    history.replaceState(history.state, '', location.pathname);
  }, []);
  const end = (how: 'done' | 'bad') => {
    setStep(how);
    heading.current?.focus();
  };
  return (
    <AccountLayout
      title={t(`${step === 'ask' ? 'reset' : step}Title`)}
      heading={heading}
      note={t(`${step === 'ask' ? 'reset' : step}Note`)}
    >
      {step === 'ask' && <NewPasswordForm token={token} onEnd={end} />}
      {step === 'bad' && (
        <Link to="/accounts/password/forgot" className={buttonClass('primary')}>
          {t('newLink')}
        </Link>
      )}
      <p className="mt-6">
        <Link to="/accounts/login" className={step === 'done' ? buttonClass('primary') : linkClass}>
          {t('back')}
        </Link>
      </p>
    </AccountLayout>
  );
}

function NewPasswordForm({ token, onEnd }: { token: string; onEnd: (how: 'done' | 'bad') => void }) {
  const t = useRouteTexts(resetTexts);
  const words = useWords();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (busy) return;
    const password = String(new FormData(event.currentTarget).get('password'));
    setBusy(true);
    setProblem(undefined);
    try {
      await send('/accounts/password/reset', { method: 'POST', body: { token, password } });
      // Every login of the account has ended, one in this browser too.
      queries.removeQueries({ queryKey: accountKeys.profile });
      onEnd('done');
    } catch (error) {
      const found = asProblem(error);
      if (found.fields.some(({ path }) => path === 'token')) return onEnd('bad');
      setProblem(found);
    } finally {
      setBusy(false);
    }
  }

  const weak = problem?.code === 'weak_password';
  const short = problem?.fields.some(({ path }) => path === 'password');
  const wrong = weak ? words.t('auth.passwordCommon') : short ? words.t('auth.passwordWrong') : undefined;
  return (
    <form onSubmit={(event) => void submit(event)} className="space-y-4">
      <TextField
        label={t('newPassword')}
        name="password"
        type="password"
        autoComplete="new-password"
        required
        minLength={8}
        maxLength={256}
        hint={words.t('auth.passwordHint')}
        error={wrong}
      />
      {problem && !wrong && <ErrorNotice problem={problem} />}
      <Button type="submit" look="primary" wide busy={busy} className="h-11">
        {t('save')}
      </Button>
    </form>
  );
}
