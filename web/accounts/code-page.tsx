import { useQueryClient } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useRef, useState, type FormEvent } from 'react';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { AccountLayout, linkClass } from './account-layout.tsx';
import { showLoginCode } from './account-queries.ts';

const ko = {
  title: '한 단계만 더 남았어요',
  back: '다른 방법으로 로그인하기',
  expired: '시간이 너무 지났어요. 로그인을 처음부터 다시 해 주세요.',
};
const en: typeof ko = {
  title: 'One more step',
  back: 'Log in another way',
  expired: 'This login has taken too long. Please begin again.',
};

/** Where a login with a provider asks for the account's own second factor. */
export function CodePage() {
  const { t } = useWords();
  const own = useRouteTexts({ ko, en });
  const router = useRouter();
  const queries = useQueryClient();
  const field = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const heading = usePageTitle(own('title'), { focus: true });
  const wrong = problem?.code === 'otp_required';

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      router.history.replace(await showLoginCode(queries, String(new FormData(field.current!).get('otp'))));
    } catch (error) {
      setProblem(asProblem(error));
      field.current?.querySelector('input')?.select();
    } finally {
      setBusy(false);
    }
  }

  return (
    <AccountLayout title={own('title')} heading={heading} note={t('auth.codeNote')}>
      <form ref={field} onSubmit={(event) => void submit(event)} className="space-y-4">
        <TextField
          label={t('auth.codeField')}
          name="otp"
          autoComplete="one-time-code"
          required
          maxLength={64}
          error={wrong ? t('auth.codeWrong') : undefined}
        />
        {problem && !wrong && (
          <ErrorNotice problem={problem}>{problem.code === 'unauthenticated' ? own('expired') : undefined}</ErrorNotice>
        )}
        <Button type="submit" look="primary" wide busy={busy} className="h-11">
          {t('auth.logIn')}
        </Button>
      </form>
      <p className="mt-6 text-soft">
        <Link to="/accounts/login" className={linkClass}>
          {own('back')}
        </Link>
      </p>
    </AccountLayout>
  );
}
