import { brokenAnswer } from '../upstream/provider-failure.ts';

/** What becomes of one event of a stream. `last`: it is kept back until the end is stored. */
export type Verdict = 'pass' | 'drop' | 'last';

/** Sees the `data` of each event and the name it came under. */
export type Judge = (data: string, name: string) => Verdict;

const LF = 0x0a;
const CR = 0x0d;
const LARGEST_EVENT = 64 * 1024 * 1024;

/**
 * Hands the bytes of an event stream on, unchanged and in whole events, so that a broken stream never ends in
 * the middle of one and a single event can be left out.
 */
export class EventRelay {
  readonly #judge: Judge;
  #pending: Buffer | undefined;
  /** Where the search for the end of the pending event goes on. */
  #searched = 0;
  /** The last event, and what came behind it. */
  #held: Buffer[] = [];
  #over = false;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** The last event has come. */
  get over(): boolean {
    return this.#over;
  }

  /** Takes bytes; gives those that can go on now. */
  push(chunk: Buffer): Buffer[] {
    if (this.#over) {
      this.#held.push(chunk);
      return [];
    }
    const bytes = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    const passed: Buffer[] = [];
    let keptFrom = 0;
    let from = 0;
    let end = this.#endOfEvent(bytes, Math.max(0, this.#searched));
    while (end !== -1) {
      const verdict = this.#judge(...readEvent(bytes, from, end));
      if (verdict !== 'pass') {
        if (from > keptFrom) passed.push(bytes.subarray(keptFrom, from));
        keptFrom = end;
      }
      if (verdict === 'last') {
        this.#over = true;
        this.#pending = undefined;
        this.#held.push(bytes.subarray(from));
        return passed;
      }
      from = end;
      end = this.#endOfEvent(bytes, from);
    }
    if (from > keptFrom) passed.push(bytes.subarray(keptFrom, from));
    this.#pending = from < bytes.length ? bytes.subarray(from) : undefined;
    if (this.#pending && this.#pending.length > LARGEST_EVENT) {
      throw brokenAnswer('An event of the model provider is too large.');
    }
    this.#searched = this.#pending ? Math.max(0, this.#pending.length - 3) : 0;
    return passed;
  }

  /** What was kept back for the end. */
  rest(): Buffer[] {
    return this.#held;
  }

  /** The stream is over without its last event's blank line: some servers leave it out. */
  finish(): Buffer[] {
    if (this.#over || !this.#pending) return [];
    const bytes = this.#pending;
    this.#pending = undefined;
    const verdict = this.#judge(...readEvent(bytes, 0, bytes.length));
    if (verdict === 'drop') return [];
    if (verdict === 'pass') return [bytes];
    this.#over = true;
    this.#held.push(bytes);
    return [];
  }

  /** The index behind the blank line that ends the event, or −1. */
  #endOfEvent(bytes: Buffer, from: number): number {
    for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
      if (bytes[at + 1] === LF) return at + 2;
      if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
    }
    return -1;
  }
}

const DATA = 'data:';

/** The `data` and the name of an event. */
function readEvent(bytes: Buffer, from: number, end: number): [data: string, name: string] {
  const text = bytes.toString('utf8', from, end).replace(/^\uFEFF/, '');
  if (text.startsWith(DATA)) {
    const lineEnd = text.search(/\r?\n/);
    const behind = lineEnd === -1 ? '' : text.slice(lineEnd).trim();
    if (behind === '') return [text.slice(DATA.length, lineEnd === -1 ? undefined : lineEnd).trimStart(), ''];
  }
  let data: string | undefined;
  let name = '';
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith(DATA))
      data = (data === undefined ? '' : `${data}\n`) + line.slice(DATA.length).replace(/^ /, '');
    else if (line.startsWith('event:')) name = line.slice(6).trim();
  }
  return [data ?? '', name];
}
