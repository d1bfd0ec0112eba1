import { Copy } from 'lucide-react';
import type { Citation } from '#contracts/chat.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { RequestLink } from '../quotes/request-link.tsx';
import { IconButton } from '../ui/button.tsx';
import { chatTexts } from './chat-texts.ts';

interface CitationsProps {
  quotes: readonly Citation[];
  question: string;
}

/** The lines of the board that an answer was given to draw on, and the way to ask for another one. */
export function Citations({ quotes, question }: CitationsProps) {
  const t = useRouteTexts(chatTexts);
  const request = <RequestLink text={question}>{t('requestQuote')}</RequestLink>;
  if (quotes.length === 0) {
    return (
      <p className="mt-4 flex flex-wrap items-center gap-x-3 text-soft">
        {t('noQuotes')} {request}
      </p>
    );
  }
  return (
    <section aria-label={t('citations')} className="mt-5">
      <h3 className="mb-2 text-xs font-normal text-soft">{t('citations')}</h3>
      <ul className="grid gap-2 sm:grid-cols-2">
        {quotes.map((quote) => (
          <QuoteCard key={quote.id} quote={quote} />
        ))}
      </ul>
      <p className="mt-2">{request}</p>
    </section>
  );
}

function QuoteCard({ quote }: { quote: Citation }) {
  const words = useRouteTexts(chatTexts);
  const { t } = useWords();
  const source = [quote.speaker, quote.episode].filter(Boolean).join(' · ');
  const copy = async () => {
    await navigator.clipboard.writeText(source ? `${quote.content} (${source})` : quote.content);
    showToast({ kind: 'done', text: t('toast.copied') });
  };
  return (
    <li className="flex items-start gap-1 rounded-lg border border-line bg-raised py-2 pr-1.5 pl-4">
      <figure className="min-w-0 flex-1 py-1">
        <blockquote className="font-medium whitespace-pre-wrap">{quote.content}</blockquote>
        {source && <figcaption className="mt-0.5 text-xs text-soft">{source}</figcaption>}
        {quote.situation && <p className="mt-0.5 text-xs text-soft">{quote.situation}</p>}
      </figure>
      <IconButton
        small
        icon={Copy}
        label={words('copyQuote', { text: quote.content.slice(0, 40) })}
        onClick={() => void copy()}
      />
    </li>
  );
}
