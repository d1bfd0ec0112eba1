import { useQueryClient } from '@tanstack/react-query';
import { ChevronUp } from 'lucide-react';
import type { Quote } from '#contracts/quotes.ts';
import { useProfile } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { useSends } from '../lib/online.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { vote } from './quote-queries.ts';
import { quoteTexts } from './quote-texts.ts';

/** Nothing is to be decided any more about these. */
const isClosed = ({ status }: Quote) => status === 'applied' || status === 'declined';

export function VoteButton({ quote }: { quote: Quote }) {
  const t = useRouteTexts(quoteTexts);
  const { t: word } = useWords();
  const queries = useQueryClient();
  const guest = useProfile() === null;
  const goToLogin = useGoToLogin();
  const toggle = async () => {
    if (guest) return goToLogin();
    try {
      await vote(queries, quote, !quote.voted);
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), word) });
    }
  };
  const sends = useSends(() => void toggle());
  const shape = 'flex h-14 w-12 shrink-0 flex-col items-center justify-center rounded-md';
  const count = (
    <span className="font-medium tabular-nums">
      <span aria-hidden>{quote.votes}</span>
      <span className="sr-only">{t('voteCount', { n: quote.votes })}</span>
    </span>
  );
  if (isClosed(quote)) {
    return (
      <div className={`${shape} text-soft`}>
        <ChevronUp aria-hidden className="size-5 opacity-40" />
        {count}
      </div>
    );
  }
  return (
    <button
      type="button"
      aria-pressed={quote.voted}
      {...sends}
      className={`${shape} border border-edge/60 transition-colors duration-150 hover:bg-sunken aria-pressed:border-ember aria-pressed:bg-glow aria-pressed:text-ember aria-disabled:opacity-50`}
    >
      <ChevronUp aria-hidden className="size-5" />
      <span className="sr-only">{t('vote', { text: quote.content.slice(0, 60) })}</span>
      {count}
    </button>
  );
}
