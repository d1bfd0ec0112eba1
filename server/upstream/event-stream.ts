/**
 * Cuts the bytes of a Server-Sent Events stream into events, however they are packed: several in a
 * chunk, one over many chunks, with LF, CRLF or CR, with or without a byte order mark. Text is decoded
 * only between line ends, so that a character that is split over chunks stays whole.
 */
export class EventStreamParser {
  readonly #onEvent: (data: string, name: string) => void;
  readonly #shortcut: ((bytes: Buffer, from: number, end: number) => boolean) | undefined;
  readonly #maxEventBytes: number;
  /** Bytes of a line whose end has not come yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #data: string | undefined;
  #name = '';
  #first = true;
  #afterCarriageReturn = false;

  /**
   * `onEvent` gets the joined `data` lines and the `event` name of each complete event. `shortcut` may take
   * the bytes of an event that is one line before they are decoded; it answers whether it did.
   */
  constructor(
    onEvent: (data: string, name: string) => void,
    shortcut?: (bytes: Buffer, from: number, end: number) => boolean,
    maxEventBytes = 4 * 1024 * 1024,
  ) {
    this.#onEvent = onEvent;
    this.#shortcut = shortcut;
    this.#maxEventBytes = maxEventBytes;
  }

  /** Takes the next bytes; true when at least one line ended in them. Throws past the size limit. */
  push(bytes: Buffer): boolean {
    const chunk = this.#afterCarriageReturn || bytes.includes(13) ? this.#withLineFeeds(bytes) : bytes;
    let from = 0;
    let end = chunk.indexOf(10);
    const ended = end !== -1;
    if (ended && this.#pendingBytes > 0) {
      this.#pending.push(chunk.subarray(0, end));
      const line = Buffer.concat(this.#pending);
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#takeLine(line, 0, line.length);
      from = end + 1;
      end = chunk.indexOf(10, from);
    }
    while (end !== -1) {
      if (chunk[end + 1] === 10 && this.#isTaken(chunk, from, end)) end += 1;
      else this.#takeLine(chunk, from, end);
      from = end + 1;
      end = chunk.indexOf(10, from);
    }
    if (from < chunk.length) {
      this.#pending.push(from === 0 ? chunk : chunk.subarray(from));
      this.#pendingBytes += chunk.length - from;
      if (this.#pendingBytes > this.#maxEventBytes) throw new RangeError('An event of the stream is too large');
    }
    return ended;
  }

  /** A whole event that is one line, at the beginning of nothing else, may go the short way. */
  #isTaken(chunk: Buffer, from: number, end: number): boolean {
    if (!this.#shortcut || from === end || this.#data !== undefined || this.#name !== '') return false;
    return this.#shortcut(chunk, from, end);
  }

  #takeLine(chunk: Buffer, start: number, end: number): void {
    let from = start;
    if (this.#first) {
      this.#first = false;
      if (chunk[from] === 0xef && chunk[from + 1] === 0xbb && chunk[from + 2] === 0xbf) from += 3;
    }
    if (from === end) {
      this.#dispatch();
      return;
    }
    // 'd' of data and 'e' of event; comments, `id` and `retry` say nothing here.
    const letter = chunk[from];
    if (letter !== 0x64 && letter !== 0x65) return;
    if (chunk[from + 4] === 0x3a && chunk[from + 5] === 32 && letter === 0x64) {
      if (chunk.toString('latin1', from, from + 4) === 'data') this.#addData(chunk.toString('utf8', from + 6, end));
      return;
    }
    const line = chunk.toString('utf8', from, end);
    if (line.startsWith('data:')) this.#addData(line.slice(5));
    else if (line === 'data') this.#addData('');
    else if (line.startsWith('event:')) this.#name = line.slice(line.charCodeAt(6) === 32 ? 7 : 6);
  }

  #addData(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    if (this.#data.length > this.#maxEventBytes) throw new RangeError('An event of the stream is too large');
  }

  /** The stream is over: an event without its blank line counts as well. */
  end(): void {
    if (this.#pendingBytes > 0) this.push(Buffer.from('\n'));
    this.#dispatch();
  }

  #dispatch(): void {
    const data = this.#data;
    const name = this.#name;
    this.#data = undefined;
    this.#name = '';
    if (data !== undefined) this.#onEvent(data, name);
  }

  /** CRLF and CR become LF; a CRLF may lie across two chunks. */
  #withLineFeeds(bytes: Buffer): Buffer {
    const result = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    let previous = this.#afterCarriageReturn ? 13 : 0;
    for (const byte of bytes) {
      if (byte !== 10 || previous !== 13) result[length++] = byte === 13 ? 10 : byte;
      previous = byte;
    }
    this.#afterCarriageReturn = previous === 13;
    return result.subarray(0, length);
  }
}
