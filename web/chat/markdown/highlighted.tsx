import { common, createLowlight } from 'lowlight';
import { useMemo, type ReactNode } from 'react';
import type { CodeProps } from './lazy-highlighted.tsx';

type Part = ReturnType<typeof lowlight.highlight>['children'][number];

const lowlight = createLowlight(common);
/** Longer code stays plain: colours are not worth a page that stands still. */
const MOST_CHARACTERS = 50_000;

/** Code with its words in colours, where its language is known. */
export function Highlighted({ code, language }: CodeProps) {
  return useMemo(() => {
    if (!lowlight.registered(language) || code.length > MOST_CHARACTERS) return <code>{code}</code>;
    return <code>{lowlight.highlight(language, code).children.map(draw)}</code>;
  }, [code, language]);
}

function draw(part: Part, at: number): ReactNode {
  if (part.type === 'text') return part.value;
  if (part.type !== 'element') return null;
  const { className } = part.properties;
  return (
    <span key={at} className={Array.isArray(className) ? className.join(' ') : undefined}>
      {part.children.map(draw)}
    </span>
  );
}
