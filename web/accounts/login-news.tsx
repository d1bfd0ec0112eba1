import type { loginErrors } from '#contracts/accounts.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { DoneNotice, ErrorNotice } from '../ui/notice.tsx';

const ko = {
  cancelled: '로그인을 취소했어요. 다른 방법으로 로그인해도 돼요.',
  failed: '로그인하지 못했어요. 잠시 뒤에 다시 시도하거나 다른 방법으로 로그인해 주세요.',
  expired: '시간이 너무 지났어요. 로그인을 다시 시작해 주세요.',
  linkExpired: '이미 쓴 링크이거나 기간이 지났어요. 로그인하면 새 링크를 받을 수 있어요.',
  unverified: '같은 이메일로 만든 계정이 있어요. 그 계정으로 로그인한 뒤 프로필에서 연결해 주세요.',
  taken: '이미 다른 계정에 연결된 로그인이에요.',
  verified: '이메일을 확인했어요. 로그인하면 이어서 쓸 수 있어요.',
};
const en: typeof ko = {
  cancelled: 'You cancelled the login. You can also log in another way.',
  failed: "The login didn't work. Try again in a moment, or log in another way.",
  expired: 'That took too long. Please begin the login again.',
  linkExpired: 'This link was used before or is too old. Log in to get a new one.',
  unverified: 'There is an account with this email. Log in to it, then link the provider in your profile.',
  taken: 'This login belongs to another account.',
  verified: 'Your email is confirmed. Log in to go on.',
};

const texts: Partial<Record<ErrorCode | (typeof loginErrors)[number], keyof typeof ko>> = {
  login_cancelled: 'cancelled',
  login_failed: 'failed',
  login_expired: 'expired',
  link_expired: 'linkExpired',
  email_unverified: 'unverified',
  email_taken: 'unverified',
  identity_taken: 'taken',
};

/** What a provider's login or a link from a mail has come to. */
export function LoginNews({ error }: { error?: string | undefined }) {
  return <div className="mb-6">{error ? <LoginFailure error={error} /> : <Verified />}</div>;
}

export function LoginFailure({ error }: { error: string }) {
  const t = useRouteTexts({ ko, en });
  const words = useWords();
  const key = texts[error as ErrorCode];
  const other = problemText({ code: error as ErrorCode, retryAfterS: undefined }, words.t);
  return <ErrorNotice>{key ? t(key) : other}</ErrorNotice>;
}

function Verified() {
  const t = useRouteTexts({ ko, en });
  return <DoneNotice>{t('verified')}</DoneNotice>;
}
