import { Suspense, useState, type ReactNode } from 'react';
import { apiPlace } from '../lib/api-client.ts';
import { useWords, type TextKey } from '../lib/language.ts';
import { showToast } from '../lib/toasts.ts';
import type { JoinOptions } from './account-queries.ts';
import { ProviderConsents } from './lazy-consents.ts';
import { googleMark, githubMark, kakaoMark, naverMark } from './provider-marks.tsx';

/** The order, looks and labels that the providers' own rules ask for; all are of one size. */
const providers: Record<string, { label: TextKey; look: string; mark: ReactNode }> = {
  // Yellow, black at 85 % and a radius of 12 px in both themes: developers.kakao.com, design guide.
  kakao: {
    label: 'auth.kakao',
    look: 'bg-[#FEE500] text-black/85 hover:brightness-95 font-[system-ui]',
    mark: kakaoMark,
  },
  naver: { label: 'auth.naver', look: 'bg-[#03A94D] text-[#fff] hover:brightness-95', mark: naverMark },
  google: {
    label: 'auth.google',
    look: 'border border-[#747775] bg-[#fff] text-[#1f1f1f] hover:bg-[#f6f6f6]',
    mark: googleMark,
  },
  github: { label: 'auth.github', look: 'bg-[#24292f] text-[#fff] hover:brightness-125', mark: githubMark },
};
const order = Object.keys(providers);

interface ProviderButtonsProps {
  options: Pick<JoinOptions, 'providers' | 'consents'> | undefined;
  next: string;
}

export function ProviderButtons({ options, next }: ProviderButtonsProps) {
  const { t } = useWords();
  const { providers: offered = [], consents = [] } = options ?? {};
  const known = offered
    .filter(({ name }) => name in providers)
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  // A provider leads back to the API's own pages, which are others than these.
  if (known.length === 0 || apiPlace.address) return null;
  return (
    <div className="space-y-2">
      {known.map(({ name, href }) => {
        const { label, look, mark } = providers[name]!;
        if (name === 'google' && isInApp()) return <BlockedGoogle key={name} />;
        const path = new URL(href, location.origin);
        if (next !== '/') path.searchParams.set('next', next);
        return (
          <a
            key={name}
            href={path.href}
            className={`relative flex h-11 items-center justify-center gap-2 rounded-[12px] px-4 text-sm font-medium transition duration-150 ${look}`}
          >
            <span aria-hidden className="grid size-[18px] place-items-center">
              {mark}
            </span>
            {t(label)}
          </a>
        );
      })}
      {consents.length > 0 && (
        <Suspense>
          <ProviderConsents consents={consents} />
        </Suspense>
      )}
      <p className="flex items-center gap-3 py-3 text-xs text-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {t('auth.orEmail')}
      </p>
    </div>
  );
}

/** Google refuses to log in inside another app's browser (403 disallowed_useragent). */
function isInApp(): boolean {
  return /KAKAOTALK|FBAN|FBAV|Instagram|NAVER\(inapp|Line\//i.test(navigator.userAgent);
}

function BlockedGoogle() {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const kakao = /KAKAOTALK/i.test(navigator.userAgent);
  const outside = `kakaotalk://web/openExternal?url=${encodeURIComponent(location.href)}`;
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    setCopied(true);
    showToast({ kind: 'done', text: t('toast.copied') });
  };
  return (
    <div className="rounded-[12px] border border-line bg-sunken px-4 py-3 text-sm">
      <p>{t('inapp.google')}</p>
      {kakao ? (
        <a
          href={outside}
          className="mt-1 inline-flex min-h-6 items-center font-medium underline underline-offset-4 touch:min-h-11"
        >
          {t('inapp.open')}
        </a>
      ) : (
        <button
          type="button"
          onClick={() => void copy()}
          className="mt-1 min-h-6 font-medium underline underline-offset-4 touch:min-h-11"
        >
          {t(copied ? 'toast.copied' : 'action.copyLink')}
        </button>
      )}
    </div>
  );
}
