import { later } from './later.tsx';
import { unmarked } from './unmarked.ts';

export const loadMarkdown = () => import('./markdown.tsx');
export interface MarkdownProps {
  text: string;
  /** The end is still being written. */
  writing: boolean;
}

/** Markdown; until its library is there, its text. */
export const Markdown = later<MarkdownProps>(async () => (await loadMarkdown()).Markdown, Plain);

// As deep as the library's text, so that the margins are the same.
function Plain({ text }: MarkdownProps) {
  return (
    <div>
      <p className="whitespace-pre-wrap">{unmarked(text)}</p>
    </div>
  );
}
