import { useProfile } from '../accounts/account-queries.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { starterTexts } from './starter-texts.ts';

const starters = ['explain', 'write', 'plan', 'code'] as const;

/** What a conversation that has not begun shows above its composer. */
export function Greeting() {
  const { t } = useWords();
  const profile = useProfile();
  return (
    <p className="reading mt-auto pt-6 pb-6 text-xl font-medium text-balance md:pb-8">
      {profile ? t('chat.greetingName', { name: profile.nickname }) : t('chat.greeting')}
    </p>
  );
}

/** A few ways in, below the composer: they fill it and send nothing. */
export function Starters({ onPick }: { onPick: (text: string) => void }) {
  const t = useRouteTexts(starterTexts);
  return (
    <ul className="reading mb-auto flex flex-wrap gap-2 pt-2 pb-[12vh]" aria-label={t('label')}>
      {starters.map((starter) => (
        <li key={starter}>
          <button
            type="button"
            onClick={() => onPick(t(`${starter}.text`))}
            className="h-9 rounded-full border border-line px-4 text-soft transition-colors duration-150 hover:border-edge hover:text-ink touch:h-11"
          >
            {t(starter)}
          </button>
        </li>
      ))}
    </ul>
  );
}
