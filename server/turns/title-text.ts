const graphemes = new Intl.Segmenter();
const TITLE_LENGTH = 40;

/** A title until there is a better one: the beginning of the first message, never cut inside a character. */
export function titleOf(content: string, longest = TITLE_LENGTH): string {
  const line = content.slice(0, 1_000).trim().replace(/\s+/g, ' ');
  if (line.length <= longest) return line;
  let end = 0;
  let count = 0;
  for (const { segment } of graphemes.segment(line)) {
    if (count === longest) break;
    count += 1;
    end += segment.length;
  }
  return end < line.length ? `${line.slice(0, end)}…` : line;
}
