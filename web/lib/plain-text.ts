/** Markdown as it is read aloud: without its marks. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/^(?:```|~~~).*$/gm, '')
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/^\s{0,3}(?:#{1,6}|>|[-*+]|\d+[.)])\s+/gm, '')
    .replace(/\*\*|__|~~|`/g, '')
    .replace(/^\s*\|?[\s:|-]+\|?\s*$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The whole text when it is short enough to be heard, else its first sentence. */
export function textToHear(markdown: string, most = 500): string {
  const text = plainText(markdown);
  if (text.length <= most) return text;
  const [first] = new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(text);
  return (first?.segment ?? text).trim().slice(0, most);
}
