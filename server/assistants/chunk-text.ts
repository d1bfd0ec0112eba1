import { estimateTokens } from '../upstream/estimate-tokens.ts';

/** How a file is cut: in tokens, about. */
export interface Chunking {
  size: number;
  overlap: number;
}

/** What OpenAI cuts by where nobody chooses. */
export const usualChunking: Chunking = { size: 800, overlap: 400 };

/** Passages of a text of about `size` tokens, each with the end of the one before; cut between paragraphs, lines or words. */
export function chunkText(text: string, { size, overlap }: Chunking): string[] {
  const pieces = piecesOf(text, Math.max(1, size - overlap));
  const chunks: string[] = [];
  let kept: { text: string; tokens: number }[] = [];
  let tokens = 0;
  for (const piece of pieces) {
    if (tokens + piece.tokens > size && kept.length > 0) {
      chunks.push(kept.map((one) => one.text).join(''));
      while (kept.length > 0 && (tokens > overlap || tokens + piece.tokens > size)) tokens -= kept.shift()!.tokens;
    }
    kept.push(piece);
    tokens += piece.tokens;
  }
  if (kept.length > 0) chunks.push(kept.map((one) => one.text).join(''));
  return chunks.map((chunk) => chunk.trim()).filter((chunk) => chunk !== '');
}

/** Pieces that are cut no further: paragraphs, and of longer ones lines, sentences, words. */
function piecesOf(text: string, most: number): { text: string; tokens: number }[] {
  const cuts = [/(?<=\n\s*\n)/, /(?<=\n)/, /(?<=[.!?。]\s)/, /(?<=\s)/];
  const cut = (part: string, level: number): { text: string; tokens: number }[] => {
    const tokens = estimateTokens(part);
    if (tokens <= most) return [{ text: part, tokens }];
    const next = cuts[level];
    if (next) return part.split(next).flatMap((piece) => cut(piece, level + 1));
    // A word without end, such as a table of numbers or a script without spaces.
    const step = Math.max(1, Math.floor((part.length * most) / tokens));
    const parts = Array.from({ length: Math.ceil(part.length / step) }, (_, index) =>
      part.slice(index * step, (index + 1) * step).toWellFormed(),
    );
    return parts.map((piece) => ({ text: piece, tokens: estimateTokens(piece) }));
  };
  return cut(text, 0);
}
