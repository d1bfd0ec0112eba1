/** Markdown that is read before its library is there: without the marks that stand in the way. */
export function unmarked(markdown: string): string {
  return markdown
    .replace(/^ *\|?(?: *:?-+:? *\|)+ *:?-* *:?\n/gm, '')
    .replace(/^ *\| *| *\| *$/gm, '')
    .replace(/^#{1,6} +/gm, '')
    .replaceAll('**', '');
}
