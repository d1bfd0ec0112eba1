import { Link } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { buttonClass } from '../ui/button.tsx';

// The first look at a public page needs no menu, and has to be light.
const MemberCorner = lazyPart(() => import('./member-corner.tsx'), 'MemberCorner');
const GuestSettings = lazyPart(() => import('./guest-settings.tsx'), 'GuestSettings');

/** Who is logged in, or the way to log in. */
export function AccountCorner({ onHelp }: { onHelp: () => void }) {
  const profile = useProfile();
  const place = <div className="h-16 shrink-0" />;
  if (profile === undefined) return place;
  if (profile === null) return <GuestCorner onHelp={onHelp} />;
  return (
    <Suspense fallback={place}>
      <MemberCorner profile={profile} onHelp={onHelp} />
    </Suspense>
  );
}

function GuestCorner({ onHelp }: { onHelp: () => void }) {
  const { t } = useWords();
  return (
    <div className="flex shrink-0 items-center gap-2 border-t border-line p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
      <Link to="/accounts/login" className={`${buttonClass('plain')} flex-1`}>
        {t('auth.logIn')}
      </Link>
      <Suspense fallback={<span className="size-10 touch:size-11" />}>
        <GuestSettings onHelp={onHelp} />
      </Suspense>
    </div>
  );
}
