import { isUtf8 } from 'node:buffer';
import { Problem } from '../errors.ts';

/** Where the value of a member lies in the bytes. */
export interface Span {
  start: number;
  end: number;
}

export interface JsonMembers {
  bytes: Buffer;
  spans: Map<string, Span>;
  /** The index of the closing brace. */
  close: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const literals = new Map([
  [0x74, Buffer.from('true')],
  [0x66, Buffer.from('false')],
  [0x6e, Buffer.from('null')],
]);

function broken(): Problem {
  return new Problem('unreadable', 'The body is not valid JSON.');
}

/** Walks over JSON without making values of it; only the outermost object's members are noted. */
class Scanner {
  readonly #bytes: Buffer;
  readonly #depthLimit: number;
  #at = 0;

  constructor(bytes: Buffer, depthLimit: number) {
    this.#bytes = bytes;
    this.#depthLimit = depthLimit;
  }

  readObject(): JsonMembers {
    const spans = new Map<string, Span>();
    this.#space();
    if (this.#bytes[this.#at] !== 0x7b) throw new Problem('unreadable', 'The body has to be a JSON object.');
    const close = this.#object(1, (name, span) => {
      if (spans.has(name)) throw new Problem('unreadable', `The body names ${JSON.stringify(name)} twice.`);
      spans.set(name, span);
    });
    this.#space();
    if (this.#at !== this.#bytes.length) throw broken();
    return { bytes: this.#bytes, spans, close };
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  #value(depth: number): void {
    const byte = this.#bytes[this.#at];
    if (byte === QUOTE) return this.#string();
    if (byte === 0x7b || byte === 0x5b) {
      if (depth >= this.#depthLimit) {
        throw new Problem('too_deep', `The body nests deeper than ${this.#depthLimit} levels.`);
      }
      if (byte === 0x7b) this.#object(depth + 1);
      else this.#array(depth + 1);
      return;
    }
    const literal = byte === undefined ? undefined : literals.get(byte);
    if (!literal) return this.#number();
    const end = this.#at + literal.length;
    if (this.#bytes.compare(literal, 0, literal.length, this.#at, Math.min(end, this.#bytes.length)) !== 0)
      throw broken();
    this.#at = end;
  }

  /** Gives the index of the closing brace. */
  #object(depth: number, onMember?: (name: string, span: Span) => void): number {
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === 0x7d) return this.#at++;
    for (;;) {
      this.#space();
      const nameStart = this.#at;
      if (this.#bytes[this.#at] !== QUOTE) throw broken();
      this.#string();
      const nameEnd = this.#at;
      this.#space();
      if (this.#bytes[this.#at++] !== 0x3a) throw broken();
      this.#space();
      const start = this.#at;
      this.#value(depth);
      onMember?.(this.#name(nameStart, nameEnd), { start, end: this.#at });
      this.#space();
      const next = this.#bytes[this.#at++];
      if (next === 0x7d) return this.#at - 1;
      if (next !== 0x2c) throw broken();
    }
  }

  #name(start: number, end: number): string {
    const text = this.#bytes.toString('utf8', start, end);
    if (!text.includes('\\')) return text.slice(1, -1);
    try {
      return JSON.parse(text);
    } catch {
      throw broken();
    }
  }

  #array(depth: number): void {
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === 0x5d) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#space();
      this.#value(depth);
      this.#space();
      const next = this.#bytes[this.#at++];
      if (next === 0x5d) return;
      if (next !== 0x2c) throw broken();
    }
  }

  #string(): void {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) throw broken();
      at += byte === BACKSLASH ? 2 : 1;
    }
    this.#at = at + 1;
  }

  #number(): void {
    const start = this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      const isPart =
        byte !== undefined &&
        ((byte >= 0x30 && byte <= 0x39) ||
          byte === 0x2d ||
          byte === 0x2b ||
          byte === 0x2e ||
          byte === 0x65 ||
          byte === 0x45);
      if (!isPart) break;
      this.#at += 1;
    }
    const text = this.#bytes.toString('latin1', start, Math.min(this.#at, start + 400));
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) throw broken();
  }
}

/** The members of a JSON object, by their place in its bytes. Throws 400 for what is none. */
export function readMembers(bytes: Buffer | undefined, depthLimit: number): JsonMembers {
  if (!bytes?.length) throw new Problem('unreadable', 'The body is empty: send JSON.');
  if (!isUtf8(bytes)) throw new Problem('unreadable', 'The body is not valid UTF-8.');
  return new Scanner(bytes, depthLimit).readObject();
}

/** The value of one member; undefined where it is not there. */
export function readValue(members: JsonMembers, name: string): unknown {
  const span = members.spans.get(name);
  if (!span) return undefined;
  try {
    return JSON.parse(members.bytes.toString('utf8', span.start, span.end));
  } catch {
    throw broken();
  }
}

/** The same bytes with the named members set to new values; everything else stays as it is, byte for byte. */
export function setMembers(members: JsonMembers, values: Record<string, unknown>): Buffer {
  const edits = Object.entries(values).map(([name, value]) => ({
    name,
    span: members.spans.get(name),
    text: JSON.stringify(value),
  }));
  if (edits.length === 0) return members.bytes;
  const pieces: Buffer[] = [];
  let from = 0;
  const replaced = edits.filter((edit) => edit.span).sort((one, other) => one.span!.start - other.span!.start);
  for (const { span, text } of replaced) {
    pieces.push(members.bytes.subarray(from, span!.start), Buffer.from(text));
    from = span!.end;
  }
  const added = edits.filter((edit) => !edit.span).map(({ name, text }) => `${JSON.stringify(name)}:${text}`);
  pieces.push(members.bytes.subarray(from, members.close));
  if (added.length > 0) pieces.push(Buffer.from((members.spans.size > 0 ? ',' : '') + added.join(',')));
  pieces.push(members.bytes.subarray(members.close));
  return Buffer.concat(pieces);
}
