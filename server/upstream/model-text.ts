/**
 * Makes a model's text safe to store and to cut: no NUL (PostgreSQL refuses it) and no lone surrogate,
 * both become U+FFFD; a pair that comes in two deltas leaves in one.
 */
export class ModelText {
  #high = '';

  /** The text that can be shown now; may be empty. */
  push(delta: string): string {
    let text = delta;
    if (this.#high !== '') {
      text = this.#high + delta;
      this.#high = '';
    }
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#high = text.slice(-1);
      text = text.slice(0, -1);
    }
    return cleanText(text);
  }

  /** What is still held when the answer ends. */
  end(): string {
    const rest = this.#high === '' ? '' : '\uFFFD';
    this.#high = '';
    return rest;
  }
}

function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', '\uFFFD') : whole;
}
