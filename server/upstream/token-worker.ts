import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

/** The tokenizer's time grows with the square of a word's length: longer ones are counted in pieces. */
const longWord = /\S{400}|\s{400}/;
const pieceLength = 200;

parentPort?.on('message', ({ id, text }: { id: number; text: string }) => {
  parentPort?.postMessage({ id, tokens: count(text) });
});

function count(text: string): number {
  if (!longWord.test(text)) return countTokens(text, { disallowedSpecial: new Set<string>() });
  let tokens = 0;
  for (let from = 0; from < text.length; from += pieceLength) {
    tokens += countTokens(text.slice(from, from + pieceLength), { disallowedSpecial: new Set<string>() });
  }
  return tokens;
}
