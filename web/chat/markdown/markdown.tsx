import { useDeferredValue, useState } from 'react';
import remarkCjkFriendly from 'remark-cjk-friendly';
import remarkCjkFriendlyStrikethrough from 'remark-cjk-friendly-gfm-strikethrough';
import remarkMath from 'remark-math';
import { defaultRemarkPlugins, Streamdown, type StreamdownProps } from 'streamdown';
import { useWords } from '../../lib/language.ts';
import { Fence } from './fence.tsx';
import { cutAutolinksAtHangul } from './hangul-autolinks.ts';
import { Formula } from './lazy-formula.tsx';
import type { MarkdownProps } from './lazy-markdown.tsx';
import { Picture } from './picture.tsx';
import { unifyFormulas } from './tex-delimiters.ts';

// One tilde stands between numbers: "3~5개, 10~20분".
const twoTildes = { singleTilde: false };
type Plugins = NonNullable<StreamdownProps['remarkPlugins']>;
const [gfm] = [defaultRemarkPlugins.gfm].flat() as Plugins;

const remarkPlugins: Plugins = [
  remarkCjkFriendly,
  ...Object.values({ ...defaultRemarkPlugins, gfm: [gfm, twoTildes] } as Record<string, Plugins[number]>),
  // After the one that it stands in for.
  [remarkCjkFriendlyStrikethrough, twoTildes],
  // One dollar is money; `unifyFormulas` knows which are not.
  [remarkMath, { singleDollarTextMath: false }],
  cutAutolinksAtHangul,
];

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
  pre: Fence,
  table: Table,
  code: ({ children, className }: { children?: React.ReactNode; className?: string }) => (
    <code className={className}>{children}</code>
  ),
  inlineCode: InlineCode,
};

/** `[name]: address`, which another block may refer to. */
const reference = /^ {0,3}\[[^\]]+\]:/m;

/**
 * What is being written is drawn block by block, and stays so afterwards: its end would otherwise draw all of it
 * anew at once. Only blocks that refer to each other have to be read as a whole.
 */
export function Markdown({ text, writing }: MarkdownProps) {
  const [inBlocks] = useState(writing);
  // The end changes how every block is read: they are drawn anew one by one, with pauses.
  const growing = useDeferredValue(writing);
  return (
    <Streamdown
      mode={growing || (inBlocks && !reference.test(text)) ? 'streaming' : 'static'}
      isAnimating={growing}
      parseIncompleteMarkdown={growing}
      remarkPlugins={remarkPlugins}
      components={components}
      controls={false}
    >
      {unifyFormulas(text)}
    </Streamdown>
  );
}

function InlineCode({ children, className }: { children?: React.ReactNode; className?: string }) {
  if (className?.includes('language-math')) return <Formula tex={String(children)} display={false} />;
  return <code>{children}</code>;
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

function Table({ children }: { children?: React.ReactNode }) {
  const { t } = useWords();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reachable by keyboard
    <section aria-label={t('markdown.table')} tabIndex={0} className="table-region">
      <table>{children}</table>
    </section>
  );
}
