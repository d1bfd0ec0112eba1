// first-paint.js has the source of these: they use nothing from outside.

/** A text that is not shown, or laid out in a field, as a whole: nobody reads on, and its layout takes seconds. */
export function isLong(text: string): boolean {
  return text.length > 10_000 || text.split('\n', 501).length > 500;
}

/** What is shown of a long text. */
export function beginningOf(text: string): string {
  return `${text.slice(0, 600).split('\n').slice(0, 12).join('\n').trimEnd()}…`;
}
