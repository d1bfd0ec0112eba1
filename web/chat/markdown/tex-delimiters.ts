/*
 * Models write formulas in four ways; the renderer knows one of them: `$$…$$`, which is a formula in a line of
 * text, and one of its own when the dollars stand on lines of their own.
 */
const code = String.raw`^[ \t>]*(?<fence>\x60{3,}|~{3,})[\s\S]*?(?:^[ \t>]*\k<fence>|(?![\s\S]))|(?<ticks>\x60+)(?!\x60)[\s\S]*?[^\x60]\k<ticks>(?!\x60)`;
const displayed = String.raw`\\\[(?<brackets>[\s\S]+?)\\\]|\$\$(?<dollars>[\s\S]+?)\$\$`;
const inLine = String.raw`\\\((?<parentheses>[^\n]+?)\\\)`;
// A price is no formula: the dollars of one hug their text, and no digit follows (Pandoc's rule).
const single = String.raw`(?<![\w$\\])\$(?<dollar>[^\s$\\](?:[^\n$]*[^\s$\\])?|\\[^\n$]*[^\s$\\])\$(?![\d$])`;
const parts = new RegExp([code, displayed, inLine, String.raw`\\[\s\S]`, single].join('|'), 'gm');

/** Rewrites formulas, however they are marked, for the renderer. What stands in code stays as it is. */
export function unifyFormulas(text: string): string {
  if (!/\$|\\[([]/.test(text)) return text;
  return text.replaceAll(parts, (whole: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const tex = groups.brackets ?? groups.dollars;
    if (tex !== undefined) {
      const at = rest.at(-3) as number;
      return standsAlone(text, at, at + whole.length) ? ownLines(tex, indentOf(text, at)) : `$$${oneLine(tex)}$$`;
    }
    if (groups.parentheses !== undefined) return `$$${groups.parentheses.trim()}$$`;
    if (groups.dollar !== undefined && !speaksOfMoney(groups.dollar)) return `$$${groups.dollar}$$`;
    return whole;
  });
}

function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const after = /^[^\n]*/.exec(text.slice(end))![0];
  return /^[ \t>]*$/.test(before) && after.trim() === '';
}

/** What every line of the formula begins with, so that it stays in its list or quotation. */
function indentOf(text: string, start: number): string {
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
}

function ownLines(tex: string, indent: string): string {
  const lines = tex.trim().split('\n');
  return ['$$', ...lines.map((line) => indent + line.replace(/^[ \t>]+/, '')), `${indent}$$`].join('\n');
}

const oneLine = (tex: string): string => tex.trim().replaceAll(/\s*\n[ \t>]*/g, ' ');

/** Korean between two dollars is a sentence about prices, unless the formula says that it is text. */
const speaksOfMoney = (tex: string): boolean =>
  /\p{Script=Hangul}/u.test(tex.replaceAll(/\\(?:text|mathrm|operatorname)\{[^}]*\}/g, ''));
