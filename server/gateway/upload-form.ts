import type { Readable } from 'node:stream';
import { Problem } from '../errors.ts';

/** The beginning of a form that was read to find a field, and what comes after it. */
export interface OpenForm {
  model: string | undefined;
  /** Everything, byte for byte, whether it was read already or not. */
  body: AsyncGenerator<Buffer>;
  /** The bytes that were read while looking. */
  head: Buffer;
}

const LONGEST_VALUE = 400;

export function boundaryOf(contentType: string | undefined): string {
  const match = /^multipart\/form-data;.*boundary="?([^";]{1,200})"?/i.exec(contentType ?? '');
  if (!match) throw new Problem('unsupported_type', 'Send a form with Content-Type: multipart/form-data.');
  return match[1]!;
}

/** Where the value of a text field lies, where its whole part is in these bytes. */
function locateField(bytes: Buffer, boundary: string, name: string): [start: number, end: number] | undefined {
  const opening = Buffer.from(`--${boundary}\r\n`);
  for (let at = bytes.indexOf(opening); at !== -1; at = bytes.indexOf(opening, at + 1)) {
    const headersEnd = bytes.indexOf('\r\n\r\n', at);
    if (headersEnd === -1 || headersEnd - at > 2_000) continue;
    const headers = bytes.toString('utf8', at, headersEnd);
    if (!/^content-disposition:/im.test(headers) || !headers.includes(`name="${name}"`) || /filename/i.test(headers))
      continue;
    const end = bytes.indexOf(`\r\n--${boundary}`, headersEnd + 2);
    if (end === -1 || end - headersEnd > LONGEST_VALUE) continue;
    return [headersEnd + 4, end];
  }
  return undefined;
}

/** The value of a text field, where its whole part lies in these bytes. */
export function findField(bytes: Buffer, boundary: string, name: string): string | undefined {
  const found = locateField(bytes, boundary, name);
  return found && bytes.toString('utf8', ...found);
}

/** The same form with another value in a text field, or with the field before all others. */
export function setField(bytes: Buffer, boundary: string, name: string, value: string): Buffer {
  const found = locateField(bytes, boundary, name);
  if (found) return Buffer.concat([bytes.subarray(0, found[0]), Buffer.from(value), bytes.subarray(found[1])]);
  const part = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  return Buffer.concat([Buffer.from(part), bytes]);
}

/**
 * Reads a form until its `model` is found, at most `peekBytes`; the rest flows through unread. A body past
 * `limitBytes` ends in 413.
 */
export async function openForm(
  source: Readable,
  boundary: string,
  options: { peekBytes: number; limitBytes: number },
): Promise<OpenForm> {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const parts: Buffer[] = [];
  let bytes = 0;
  let model: string | undefined;
  let ended = false;
  while (model === undefined && bytes < options.peekBytes && !ended) {
    const { value, done } = await iterator.next();
    if (done) {
      ended = true;
    } else {
      parts.push(value);
      bytes += value.length;
      if (bytes > options.limitBytes) throw new Problem('too_large');
      // The field is looked for where it may be now: in the last piece and what leads to it.
      model = findField(Buffer.concat(parts), boundary, 'model');
    }
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield* parts;
    if (ended) return;
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) return;
      bytes += value.length;
      if (bytes > options.limitBytes) throw new Problem('too_large');
      yield value;
    }
  }
  return { model, body: all(), head: Buffer.concat(parts) };
}
