/**
 * The events of one answer differ only in their text. Once an event was parsed, the bytes of the next
 * ones are compared with what stood around its text; an exact match whose text needs no unescaping is
 * read without `JSON.parse`, in a fraction of its time. Everything else is parsed as ever.
 */
export class DeltaTemplate {
  #before = nothing;
  #after = nothing;

  /** Remembers what stands around `content` in this event's data, if its place is beyond doubt. */
  learn(data: string, content: string): void {
    for (const name of ['"content":"', '"content": "']) {
      const written = `${name}${content}"`;
      const at = data.indexOf(written);
      if (at === -1) continue;
      if (data.indexOf(name, at + 1) !== -1 || data.lastIndexOf(name, at - 1) !== -1) return;
      this.#before = Buffer.from(`data: ${data.slice(0, at + name.length)}`);
      this.#after = Buffer.from(data.slice(at + written.length - 1));
      return;
    }
  }

  /** The text of a whole `data: …` line that matches, undefined for any other. */
  read(bytes: Buffer, from: number, end: number): string | undefined {
    const before = this.#before;
    const after = this.#after;
    const textFrom = from + before.length;
    const textEnd = end - after.length;
    if (before === nothing || textFrom >= textEnd) return undefined;
    if (bytes.compare(after, 0, after.length, textEnd, end) !== 0) return undefined;
    if (bytes.compare(before, 0, before.length, from, textFrom) !== 0) return undefined;
    const text = bytes.toString('utf8', textFrom, textEnd);
    return text.includes('"') || text.includes('\\') ? undefined : text;
  }
}

const nothing = Buffer.alloc(0);
