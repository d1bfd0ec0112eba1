import { useProfile } from '../accounts/account-queries.ts';
import { useWords, type TextKey } from '../lib/language.ts';

const starters: { label: TextKey; text: TextKey }[] = [
  { label: 'starter.explain', text: 'starter.explain.text' },
  { label: 'starter.write', text: 'starter.write.text' },
  { label: 'starter.plan', text: 'starter.plan.text' },
  { label: 'starter.code', text: 'starter.code.text' },
];

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
  const { t } = useWords();
  return (
    <ul className="reading mb-auto flex flex-wrap gap-2 pt-2 pb-[12vh]" aria-label={t('starter.label')}>
      {starters.map(({ label, text }) => (
        <li key={label}>
          <button
            type="button"
            onClick={() => onPick(t(text))}
            className="h-9 rounded-full border border-line px-4 text-soft transition-colors duration-150 hover:border-edge hover:text-ink touch:h-11"
          >
            {t(label)}
          </button>
        </li>
      ))}
    </ul>
  );
}
