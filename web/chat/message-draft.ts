/**
 * A message while it is written. A long paste stands beside the field as a piece of its own, because browsers take
 * seconds to lay out a text field that big; what is sent is one text.
 */
export interface Piece {
  text: string;
  lines: number;
  /** What it takes in the body of a request. */
  bytes: number;
}

export interface MessageDraft {
  typed: string;
  pieces: readonly Piece[];
}

/** A field with more characters than this is laid out as cheaply as it goes. */
export const MOST_TYPED = 20_000;
/** Largest body that a server takes, if it is not set otherwise, less what stands around the text. */
const MOST_BYTES = 1_048_576 - 200;
/** Ends a record, says ASCII: nobody types it. */
const SEPARATOR = '\u001e';

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(JSON.stringify(text)).length;

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Line ends become what a text field makes of them. */
export function pieceOf(pasted: string): Piece {
  const text = pasted.replace(/\r\n?/g, '\n').replaceAll(SEPARATOR, '');
  return { text, lines: countLines(text.trimEnd()), bytes: bytesOf(text) };
}

export const isBlank = ({ typed, pieces }: MessageDraft): boolean =>
  typed.trim() === '' && pieces.every(({ text }) => text.trim() === '');

/** What is sent: what was typed, then what was pasted, with a blank line between. */
export function messageOf({ typed, pieces }: MessageDraft): string {
  const parts = [typed.trim() === '' ? '' : typed, ...pieces.map(({ text }) => text)];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** How many percent longer the message is than a message can be; 0 if it fits. */
export function percentTooLong({ typed, pieces }: MessageDraft): number {
  const pasted = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  // No character takes more than six bytes.
  if (pasted + typed.length * 6 <= MOST_BYTES) return 0;
  return Math.max(0, Math.ceil(((pasted + bytesOf(typed)) / MOST_BYTES - 1) * 100));
}

/** As it is kept in the browser: one text. */
export const storedDraft = ({ typed, pieces }: MessageDraft): string =>
  [typed.replaceAll(SEPARATOR, ''), ...pieces.map(({ text }) => text)].join(SEPARATOR);

export function readDraft(stored: string): MessageDraft {
  const [typed = '', ...pasted] = stored.split(SEPARATOR);
  return { typed, pieces: pasted.map(pieceOf) };
}

/** Puts a message that comes back before what has been written since. */
export function putBefore(back: MessageDraft, now: MessageDraft): MessageDraft {
  const typed = [back.typed, now.typed].filter((text) => text.trim() !== '').join('\n\n');
  return { typed, pieces: [...back.pieces, ...now.pieces] };
}
