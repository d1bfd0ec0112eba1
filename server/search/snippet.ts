import type { Match } from '#contracts/lists.ts';
import { foldText } from './grams.ts';

/** Characters around a hit. */
const AROUND = 60;

/** The first place of a text that was searched for, with what is around it. */
export function snippetOf(content: string, q: string): Match {
  const text = content.normalize('NFC');
  const words = foldText(q)
    .split(' ')
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, (sign) => `\\${sign}`));
  const hit = new RegExp(words.join('\\s+'), 'iu').exec(text);
  if (!hit) return { before: '', hit: '', after: oneLine(text.slice(0, 2 * AROUND)) };
  const end = hit.index + hit[0].length;
  return {
    before: oneLine(text.slice(Math.max(0, hit.index - AROUND), hit.index)),
    hit: oneLine(hit[0]),
    after: oneLine(text.slice(end, end + AROUND)),
  };
}

function oneLine(text: string): string {
  return text.toWellFormed().replace(/\s+/g, ' ');
}
