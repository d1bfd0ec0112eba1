import katex from 'katex';
import { useMemo } from 'react';
import 'katex/dist/katex.css';
import type { FormulaProps } from './lazy-formula.tsx';

/** A formula, drawn for the eye and as MathML for the ear. One that can't be read is shown as it was written. */
export function Formula({ tex, display }: FormulaProps) {
  const html = useMemo(() => draw(tex, display), [tex, display]);
  if (html === undefined) return <code>{tex}</code>;
  // The library escapes what it is given, and refuses commands that load or link (`trust` is off).
  // oxlint-disable-next-line react/no-danger
  return <span data-source={display ? `$$${tex}$$` : `$${tex}$`} dangerouslySetInnerHTML={{ __html: html }} />;
}

function draw(tex: string, display: boolean): string | undefined {
  try {
    return katex.renderToString(tex, { displayMode: display, trust: false, strict: 'ignore', maxSize: 20 });
  } catch {
    return undefined;
  }
}
