import remarkCjkFriendly from 'remark-cjk-friendly';
import { defaultRemarkPlugins, Streamdown } from 'streamdown';
import { useWords } from '../../lib/language.ts';
import { CodeBlock } from './code-block.tsx';
import { cutAutolinksAtHangul } from './hangul-autolinks.ts';
import type { MarkdownProps } from './lazy-markdown.tsx';

const remarkPlugins = [remarkCjkFriendly, ...Object.values(defaultRemarkPlugins), cutAutolinksAtHangul];

// The library's own looks are left out: all of them stand in prose.css.
const plain = [
  'blockquote',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'hr',
  'li',
  'ol',
  'strong',
  'sub',
  'sup',
  'tbody',
  'td',
  'th',
  'thead',
  'tr',
  'ul',
] as const;

const components = {
  ...Object.fromEntries(plain.map((tag) => [tag, tag])),
  a: Anchor,
  img: Picture,
  pre: CodeBlock,
  table: Table,
  code: ({ children, className }: { children?: React.ReactNode; className?: string }) => (
    <code className={className}>{children}</code>
  ),
  inlineCode: ({ children }: { children?: React.ReactNode }) => <code>{children}</code>,
};

export function Markdown({ text, writing }: MarkdownProps) {
  return (
    <Streamdown
      mode={writing ? 'streaming' : 'static'}
      remarkPlugins={remarkPlugins}
      components={components}
      controls={false}
    >
      {text}
    </Streamdown>
  );
}

function Anchor({ href, children }: { href?: string; children?: React.ReactNode }) {
  if (!href || !/^(?:https?:|mailto:|#)/i.test(href)) return <>{children}</>;
  if (href.startsWith('#')) return <a href={href}>{children}</a>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** A picture from elsewhere would tell that place who reads this, so it is opened only by a click, on its own. */
function Picture({ src, alt }: { src?: string | Blob; alt?: string }) {
  const { t } = useWords();
  if (typeof src !== 'string' || !URL.canParse(src, location.href)) return alt ?? null;
  const { origin, host } = new URL(src, location.href);
  if (origin === location.origin || /^(?:data:image\/|blob:)/.test(src))
    return <img src={src} alt={alt ?? ''} loading="lazy" />;
  return (
    <a href={src} target="_blank" rel="noopener noreferrer nofollow">
      {t('markdown.picture', { text: alt || host, host })}
    </a>
  );
}

function Table({ children }: { children?: React.ReactNode }) {
  const { t } = useWords();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reachable by keyboard
    <section aria-label={t('markdown.table')} tabIndex={0} className="table-region">
      <table>{children}</table>
    </section>
  );
}
