import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { asProblem, send, type ApiProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { AccountLayout, linkClass } from './account-layout.tsx';
import { resetTexts } from './reset-texts.ts';

/** Asks for the mail with the link; the answer is the same whether there is such an account or not. */
export function ForgotPage() {
  const t = useRouteTexts(resetTexts);
  const words = useWords();
  const [sentTo, setSentTo] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const title = t(sentTo ? 'sentTitle' : 'forgotTitle');
  const heading = usePageTitle(title);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (busy) return;
    const email = String(new FormData(event.currentTarget).get('email'));
    setBusy(true);
    setProblem(undefined);
    try {
      await send('/accounts/password/forgot', { method: 'POST', body: { email } });
      setSentTo(email);
      heading.current?.focus();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <AccountLayout title={title} heading={heading} note={sentTo ? t('sentNote', { email: sentTo }) : t('forgotNote')}>
      {sentTo ? (
        <>
          <p className="text-soft">{t('sentHint')}</p>
          <Button className="mt-6" onClick={() => setSentTo(undefined)}>
            {t('again')}
          </Button>
        </>
      ) : (
        <form onSubmit={(event) => void submit(event)} className="space-y-4">
          <TextField
            label={words.t('auth.email')}
            name="email"
            type="email"
            autoComplete="email"
            required
            maxLength={254}
          />
          {problem && <ErrorNotice problem={problem} />}
          <Button type="submit" look="primary" wide busy={busy} className="h-11">
            {t('send')}
          </Button>
        </form>
      )}
      <p className="mt-6">
        <Link to="/accounts/login" className={linkClass}>
          {t('back')}
        </Link>
      </p>
    </AccountLayout>
  );
}
