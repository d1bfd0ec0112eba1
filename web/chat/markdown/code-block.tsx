import { Check, Copy } from 'lucide-react';
import { Children, isValidElement, useRef, useState, type ReactNode } from 'react';
import { useWords } from '../../lib/language.ts';

/** A block of code with its language, its own scrolling, and a way to copy it. */
export function CodeBlock({ children }: { children?: ReactNode }) {
  const { t } = useWords();
  const body = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(body.current?.textContent ?? '');
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  const language = languageOf(children);
  return (
    <figure className="code-block" aria-label={language ? t('markdown.codeIn', { language }) : t('markdown.code')}>
      <figcaption data-not-copied>
        <span>{language}</span>
        <button type="button" onClick={() => void copy()}>
          {copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
          {t(copied ? 'toast.copied' : 'action.copy')}
        </button>
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reachable by keyboard */}
      <pre ref={body} tabIndex={0}>
        {children}
      </pre>
    </figure>
  );
}

function languageOf(children: ReactNode): string | undefined {
  const [code] = Children.toArray(children);
  if (!isValidElement<{ className?: string }>(code)) return undefined;
  return /language-(\S+)/.exec(code.props.className ?? '')?.[1];
}
