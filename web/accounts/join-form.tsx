import { useQueryClient } from '@tanstack/react-query';
import { Suspense, useEffect, useRef, useState, type FormEvent } from 'react';
import type { Consent, ProviderName } from '#contracts/accounts.ts';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useWords, type TextKey } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { join } from './account-queries.ts';
import { Consents } from './lazy-consents.ts';
import { namesOfProviders } from './provider-names.ts';

const ko = {
  setupCode: '설치 코드',
  joinedWith: '{name} 로그인으로 가입한 이메일이에요. 위의 버튼으로 로그인해 주세요.',
  setupCodeHint: '서버를 처음 켤 때 나온 코드예요. 관리자로 가입할 때만 넣으면 돼요.',
};
const en: typeof ko = {
  setupCode: 'Setup code',
  joinedWith: 'This email joined with {name}. Log in with the button above.',
  setupCodeHint: 'The server printed it at its first start. Only the administrator needs it.',
};

/** What is wrong with a field, by the field's name in the API. */
const fieldTexts: Record<string, TextKey> = {
  email: 'auth.emailWrong',
  nickname: 'auth.nicknameWrong',
  password: 'auth.passwordWrong',
  setup_code: 'problem.setupCode',
};
const fieldOfCode: Partial<Record<ApiProblem['code'], { name: string; text: TextKey }>> = {
  weak_password: { name: 'password', text: 'auth.passwordCommon' },
  email_taken: { name: 'email', text: 'problem.emailTaken' },
  setup_code_required: { name: 'setup_code', text: 'problem.setupCode' },
};

interface JoinFormProps {
  needsSetupCode: boolean;
  consents: Consent[];
}

export function JoinForm({ needsSetupCode, consents }: JoinFormProps) {
  const { t, language } = useWords();
  const own = useRouteTexts({ ko, en });
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const errors = problem ? errorsOf(problem) : {};
  const errorOf = (name: string) => (errors[name] ? t(errors[name]) : undefined);
  const disagreed = problem?.fields.some(({ path }) => path === 'consents') ?? false;
  const provider = namesOfProviders[problem?.provider as ProviderName]?.[language];

  useEffect(() => {
    // On a touch screen the keyboard would cover what there is to choose from.
    if (!isTouchPrimary()) form.current?.querySelector('input')?.focus();
  }, []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    const values = new FormData(form.current!);
    const text = (name: string) => String(values.get(name) ?? '');
    setBusy(true);
    setProblem(undefined);
    try {
      const code = text('setup_code').trim();
      await join(queries, {
        email: text('email'),
        nickname: text('nickname'),
        password: text('password'),
        ...(code ? { setup_code: code } : {}),
        ...(consents.length > 0 ? { consents: values.getAll('consents') } : {}),
      });
    } catch (error) {
      const found = asProblem(error);
      setProblem(found);
      const [first] = Object.keys(errorsOf(found));
      form.current?.querySelector<HTMLInputElement>(`[name=${first ?? 'email'}]`)?.focus();
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
        error={provider ? own('joinedWith', { name: provider }) : errorOf('email')}
      />
      <TextField
        label={t('auth.nickname')}
        name="nickname"
        autoComplete="nickname"
        required
        maxLength={40}
        hint={t('auth.nicknameHint')}
        error={errorOf('nickname')}
      />
      <TextField
        label={t('auth.password')}
        name="password"
        type="password"
        autoComplete="new-password"
        required
        minLength={8}
        maxLength={256}
        hint={t('auth.passwordHint')}
        error={errorOf('password')}
      />
      {needsSetupCode && (
        <TextField
          label={own('setupCode')}
          name="setup_code"
          autoComplete="off"
          spellCheck={false}
          hint={own('setupCodeHint')}
          error={errorOf('setup_code')}
        />
      )}
      {consents.length > 0 && (
        <Suspense>
          <Consents consents={consents} error={disagreed} />
        </Suspense>
      )}
      {problem && !disagreed && Object.keys(errors).length === 0 && <ErrorNotice problem={problem} />}
      <Button type="submit" look="primary" wide busy={busy} className="h-11">
        {t('auth.joinNow')}
      </Button>
    </form>
  );
}

function errorsOf(problem: ApiProblem): Record<string, TextKey> {
  const known = fieldOfCode[problem.code];
  if (known) return { [known.name]: known.text };
  const named = problem.fields.flatMap(({ path }): [string, TextKey][] => {
    const text = fieldTexts[path];
    return text ? [[path, text]] : [];
  });
  return Object.fromEntries(named);
}
