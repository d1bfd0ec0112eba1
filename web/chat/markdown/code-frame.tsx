import { Check, Copy } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useWords } from '../../lib/language.ts';

interface CodeFrameProps {
  language: string;
  code: string;
  /** What it is, where it isn't shown as code. */
  label?: string;
  children: ReactNode;
}

/** Around code, and what is drawn from it: its language, its own scrolling, and a way to copy it. */
export function CodeFrame({ language, code, label, children }: CodeFrameProps) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(code);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  const name = label ?? (language ? t('markdown.codeIn', { language }) : t('markdown.code'));
  return (
    <figure className="code-block" aria-label={name} data-source={label && code}>
      <figcaption data-not-copied>
        <span>{language}</span>
        <button type="button" onClick={() => void copy()}>
          {copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
          {t(copied ? 'toast.copied' : 'action.copy')}
        </button>
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reachable by keyboard */}
      <pre tabIndex={0}>{children}</pre>
    </figure>
  );
}
