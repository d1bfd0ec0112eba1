import { lazy, Suspense } from 'react';

export const loadMarkdown = () => import('./markdown.tsx');
export interface MarkdownProps {
  text: string;
  /** The end is still being written. */
  writing: boolean;
}

const Rendered = lazy(async () => {
  try {
    return { default: (await loadMarkdown()).Markdown };
  } catch {
    // An answer without its looks is better than none.
    return { default: Plain };
  }
});

/** Markdown; until its library is there, the text as it is. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<Plain {...props} />}>
      <Rendered {...props} />
    </Suspense>
  );
}

function Plain({ text }: MarkdownProps) {
  return <p className="whitespace-pre-wrap">{text}</p>;
}
