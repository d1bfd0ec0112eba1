/**
 * The events of one answer differ only in their text. Once an event was parsed, the next ones are
 * compared with what stood around its text; an exact match whose text needs no unescaping is read
 * without `JSON.parse`, at a tenth of its time. Everything else is parsed as ever.
 */
export class DeltaTemplate {
  #before = '';
  #after = '';

  /** Remembers what stands around `content` in this event, if its place is beyond doubt. */
  learn(data: string, content: string): void {
    for (const name of ['"content":"', '"content": "']) {
      const written = `${name}${content}"`;
      const at = data.indexOf(written);
      if (at === -1) continue;
      if (data.indexOf(name, at + 1) !== -1 || data.lastIndexOf(name, at - 1) !== -1) return;
      this.#before = data.slice(0, at + name.length);
      this.#after = data.slice(at + written.length - 1);
      return;
    }
  }

  /** The text of an event that matches, undefined for any other. */
  read(data: string): string | undefined {
    const length = data.length - this.#before.length - this.#after.length;
    if (this.#before === '' || length <= 0) return undefined;
    if (!data.startsWith(this.#before) || !data.endsWith(this.#after)) return undefined;
    const text = data.slice(this.#before.length, this.#before.length + length);
    return text.includes('"') || text.includes('\\') ? undefined : text;
  }
}
