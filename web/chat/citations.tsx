import { Copy } from 'lucide-react';
import type { Citation } from '#contracts/chat.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { IconButton } from '../ui/button.tsx';
import { chatTexts } from './chat-texts.ts';

/** The lines of the board that an answer was given to draw on. */
export function Citations({ quotes }: { quotes: readonly Citation[] }) {
  const t = useRouteTexts(chatTexts);
  if (quotes.length === 0) return null;
  return (
    <section aria-label={t('citations')} className="mt-5">
      <h3 className="mb-2 text-xs font-normal text-soft">{t('citations')}</h3>
      <ul className="grid gap-2 sm:grid-cols-2">
        {quotes.map((quote) => (
          <QuoteCard key={quote.id} quote={quote} />
        ))}
      </ul>
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
